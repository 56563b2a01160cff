// Stories that are not one's own: what another shares, and the finished examples. To be gone on from, they are copied.

import * as api from "./api.js";
import { byId, element } from "./dom.js";
import { storyOf } from "./shelf_store.js";

/** Where this browser remembers which story an example has become. */
const OPENED = "weaver:examples";

/** The last answer of the copy that `share=ID` or `example=NAME` stands for; an example that was opened before is that same story. */
export async function copied(address) {
  const [kind, name] = address.split("=");
  if (kind === "share") return api.copyShare(name);
  const opened = JSON.parse(localStorage.getItem(OPENED) ?? "{}");
  const known = storyOf(opened[name]);
  if (known && !known.gone && (await isKept(known.ids.at(-1)))) return known.ids.at(-1);
  const id = await api.copyExample(name);
  localStorage.setItem(OPENED, JSON.stringify({ ...opened, [name]: id }));
  return id;
}

async function isKept(id) {
  try {
    await api.response(id);
    return true;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return false;
  }
}

/** Puts the examples on the start page. */
export function showExamples(examples) {
  byId("examples").hidden = examples.length === 0;
  byId("example-list").replaceChildren(
    ...examples.map(({ name, title, model, cover }) => {
      const image = element("img", { alt: "", src: new URL(cover, api.ROOT) });
      const words = [element("span", { class: "cover" }, image), element("span", { class: "title" }, title), element("span", { class: "small" }, `by ${model}`)];
      return element("li", {}, element("a", { href: `#example=${name}` }, ...words));
    }),
  );
}
