// The cast: figures with a name and a face, kept in this browser, to be used in any later story.

import * as api from "./api.js";
import { button, byId, element } from "./dom.js";
import { openDialog } from "./menus.js";
import { bytes } from "./pictures.js";
import { urlOf } from "./redraw.js";

const NAME = "weaver:cast";
// As the gateway takes them.
const NAMES = "[A-Za-z][A-Za-z0-9_\\-]{0,31}";
const MOST_LOOKS_CHARS = 400;

const members = () => JSON.parse(localStorage.getItem(NAME) ?? "[]");

/** The menu of the cast in the composer; `attach` gets who is to be in the next answer, `act` tells how things went. */
export function cast(attach, act) {
  const menu = byId("cast");
  function draw() {
    menu.hidden = members().length === 0;
    byId("cast-list").replaceChildren(...members().map(entry));
  }
  function entry(member) {
    const use = button("", () => join(member), { "aria-label": `With ${member.name}` });
    use.append(element("img", { src: member.face, alt: "" }), `With ${member.name}`);
    const leave = button("×", () => (keep(members().filter((one) => one.name !== member.name)), draw()), { "aria-label": `Take ${member.name} off the cast` });
    return element("li", {}, use, leave);
  }
  async function join(member) {
    menu.open = false;
    try {
      const fileId = await api.upload(asFile(member));
      attach({ fileId, name: member.name, description: member.looks, cast: member.name });
    } catch (problem) {
      act.complain(problem);
    }
  }
  draw();
  return {
    /** Asks for the name of the figure of a picture, and keeps it. */
    add(turn, item) {
      const name = element("input", { type: "text", required: true, pattern: NAMES, maxlength: 32, "aria-label": "Name", placeholder: "Bruno" });
      const submit = async (event) => {
        event.preventDefault();
        dialog.close();
        try {
          const face = await asDataUrl(await bytes(urlOf(turn.shown(item))));
          keep([...members().filter((one) => one.name !== name.value), { name: name.value, looks: item.description.slice(0, MOST_LOOKS_CHARS), face }]);
          draw();
          act.say(`${name.value} is in the cast.`);
        } catch (problem) {
          act.complain(problem);
        }
      };
      const hint = element("p", { class: "small" }, "One word. Their face is this picture; you find them beside the question.");
      const form = element("form", { onsubmit: submit }, name, hint, element("div", { class: "tools" }, element("button", { class: "primary" }, "Add")));
      const dialog = openDialog("Who is this?", "casting", form);
      name.focus();
    },
  };
}

const keep = (all) => localStorage.setItem(NAME, JSON.stringify(all));

/** A face as a file; the page's policy lets nobody fetch a data URL. */
function asFile({ name, face }) {
  const [head, data] = face.split(",");
  const type = head.slice("data:".length, head.indexOf(";"));
  return new File([Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))], `${name}.${type.split("/")[1]}`, { type });
}

function asDataUrl(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}
