// Pictures to send: chosen, dropped or pasted, kept by the gateway at once, shown until they are sent.

import { fileUrl, upload } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./pictures.js";

/** What is attached: `take()` answers it and begins anew. `say` tells of what went well, `complain` of what did not. */
export function attachments(say, complain) {
  const list = byId("attached");
  const chooser = byId("chooser");
  let attached = [];

  async function add(files) {
    for (const file of [...files].filter((one) => one.type.startsWith("image/"))) {
      try {
        keep(await upload(file), file.name || "pasted picture");
      } catch (problem) {
        complain(problem);
      }
    }
  }

  function keep(fileId, name) {
    const image = element("img", { alt: "" });
    const words = element("input", { type: "text", maxlength: 2000, placeholder: "What is on it?", "aria-label": `What is on ${name}` });
    const entry = { fileId, words };
    const remove = button("×", () => drop(entry, row), { "aria-label": `Remove ${name}` });
    const row = element("li", {}, image, words, remove);
    show(image, fileUrl(fileId));
    attached.push(entry);
    list.append(row);
    say(`${name} is attached.`);
  }

  function drop(entry, row) {
    attached = attached.filter((other) => other !== entry);
    row.remove();
    byId("attach").focus();
  }

  byId("attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => add(chooser.files).finally(() => (chooser.value = "")));
  addEventListener("paste", (event) => add(event.clipboardData.files));
  listenForDrops(add);

  return {
    take() {
      const sent = attached.map(({ fileId, words }) => ({ fileId, description: words.value.trim() }));
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
    add(event.dataTransfer.files);
  });
}
