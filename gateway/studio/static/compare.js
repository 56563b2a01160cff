// The versions of a picture side by side. Choosing one redraws what depends on it.

import { button, element } from "./dom.js";
import { choose, redrawOutdated } from "./drawing.js";
import { openDialog } from "./menus.js";
import { show } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

export function compare(story, turn, item) {
  const after = dependents(story, item.name);
  const note = after ? `Choosing another one also redraws the ${after === 1 ? "picture" : `${after} pictures`} that it guides.` : "";
  const versions = turn.versions(item);
  const ways = versions.map((version, index) => (version.fileId ? way(version, index) : null)).filter(Boolean);
  const dialog = openDialog(`Versions of ${label(item.name)}`, "compare", element("ul", { class: "ways" }, ...ways), note && element("p", { class: "small" }, note));

  function way(version, index) {
    const image = element("img", { alt: `Version ${index + 1}: ${item.description}` });
    show(image, urlOf(version));
    const chosen = turn.chosen(item) === index;
    const take = button(chosen ? "Chosen" : "Choose", () => pick(index), { "aria-label": `Choose version ${index + 1}`, "aria-pressed": String(chosen) });
    return element("li", {}, image, element("span", { class: "small" }, `Version ${index + 1} · seed ${version.seed}`), take);
  }
  async function pick(index) {
    dialog.close();
    if (index === turn.chosen(item)) return;
    choose(story, turn, item, index);
    await redrawOutdated(story, item.name);
  }
}

/** How many pictures a picture guides, directly or not. */
function dependents(story, name) {
  const found = new Set([name]);
  for (const turn of story.turns) {
    for (const one of turn.answer.items) {
      if (one.kind === "picture" && (turn.shown(one).references ?? []).some(({ id }) => found.has(id))) found.add(one.name);
    }
  }
  return found.size - 1;
}
