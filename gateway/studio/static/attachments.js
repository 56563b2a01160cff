// Pictures to send: chosen, dropped or pasted, kept by the gateway at once, shown until they are sent.

import { fileUrl, upload } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./pictures.js";
import { plain } from "./trouble.js";

// Some systems know no type for HEIC; the gateway reads what it is.
const PICTURES = /^image\//;
const ENDINGS = /\.(png|jpe?g|webp|avif|hei[cf]|gif)$/i;
const KINDS = "PNG, JPEG, WebP, AVIF, HEIC and GIF pictures can be attached.";

/** What is attached: `take()` answers it and begins anew. `say` tells of what went well, `complain` of what did not. */
export function attachments(say, complain) {
  const list = byId("attached");
  const chooser = byId("chooser");
  let attached = [];
  let coming = 0;

  async function add(files) {
    for (const file of files) {
      const name = file.name || "pasted picture";
      if (!PICTURES.test(file.type) && !ENDINGS.test(name)) {
        complain(null, `${name} is not a picture.`, KINDS);
        continue;
      }
      coming += 1;
      try {
        keep({ fileId: await upload(file), name });
      } catch (problem) {
        refuse(problem, name);
      } finally {
        coming -= 1;
      }
    }
  }

  function refuse(problem, name) {
    if (problem.status === 413) return complain(problem, `${name} is too large.`, "Attach a smaller picture.");
    if (problem.status === 400 || problem.status === 415) return complain(problem, `${name} cannot be read as a picture.`, KINDS);
    const { what, next } = plain(problem);
    complain(problem, `${name} is not attached: ${what}`, next);
  }

  /** Attaches an image that the gateway keeps already; `cast` is the name of the figure whose face it is. */
  function keep({ fileId, name, description = "", cast = null }) {
    const image = element("img", { alt: "" });
    const words = element("input", { type: "text", maxlength: 2000, placeholder: "What does it show?", "aria-label": `What ${name} shows`, value: description });
    const entry = { fileId, words, cast };
    const remove = button("×", () => drop(entry, row), { "aria-label": `Remove ${name}` });
    const row = element("li", {}, image, words, remove);
    show(image, fileUrl(fileId));
    attached.push(entry);
    list.append(row);
    say(`Attached: ${name}.`);
  }

  function drop(entry, row) {
    attached = attached.filter((other) => other !== entry);
    row.remove();
    byId("attach").focus();
  }

  byId("attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => add([...chooser.files]).finally(() => (chooser.value = "")));
  addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  listenForDrops(add);

  return {
    add,
    keep,
    any: () => attached.length > 0,
    coming: () => coming > 0,
    take() {
      const sent = attached.map(({ fileId, words, cast }) => ({ fileId, description: words.value.trim(), ...(cast && { cast }) }));
      attached = [];
      list.replaceChildren();
      return sent;
    },
  };
}

function listenForDrops(add) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
