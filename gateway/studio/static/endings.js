// Several ways for a story to go on, side by side; the one that is chosen takes the place of what there was.

import * as api from "./api.js";
import { isOver } from "./answer.js";
import { button, element, setText } from "./dom.js";
import { openDialog } from "./menus.js";
import { read } from "./reading.js";
import { forget, save } from "./saved.js";
import { asStreamed, optionsOf } from "./story.js";
import { show } from "./pictures.js";
import { Turn } from "./turn.js";
import { passage } from "./turn_view.js";
import { trouble } from "./trouble.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

const OTHERS = 3;
const TICK_MS = 250;

/** Asks three times more for the turn's answer, under other seeds, and lets a person choose among the four. */
export function endings(story, turn) {
  const ways = [turn, ...Array.from({ length: OTHERS }, () => another(turn))];
  const columns = ways.map((way, index) => column(way, index, () => take(way)));
  const dialog = openDialog("Four ways to answer", "endings", element("div", { class: "ways" }, ...columns.map((one) => one.element)));
  const update = () => columns.forEach((one) => one.update());
  const clock = setInterval(update, TICK_MS);
  dialog.addEventListener("close", () => {
    clearInterval(clock);
    for (const way of ways.filter((one) => one !== turn && !story.turns.includes(one))) drop(way);
  });
  for (const way of ways.slice(1)) read(way, () => api.ask(asStreamed(way.request)), update);

  function take(way) {
    if (way !== turn) {
      story.turns = story.turns.map((one) => (one === turn ? way : one));
      way.live = true;
      save(way);
    }
    dialog.close();
    story.changed();
  }
}

function another({ wish, sent, request }) {
  const seed = Math.floor(Math.random() * 2 ** 32);
  return new Turn({ wish, sent, request: { ...request, ...optionsOf(request), seed } });
}

/** What was not chosen is not kept. */
function drop(way) {
  if (!way.answer.id) return;
  forget(way.answer.id);
  api.remove(way.answer.id).catch(() => {}); // the server lets go of it by itself later
}

function column(way, index, choose) {
  const body = element("div", { class: "answer" });
  const state = element("p", { class: "small" });
  const take = button("Choose this", choose, { class: "primary", "aria-label": `Choose way ${index + 1}` });
  const views = [];
  return {
    element: element("section", { "aria-label": `Way ${index + 1}` }, element("h3", {}, index ? `Way ${index + 1}` : "Way 1, as it is"), body, state, take),
    update() {
      way.answer.items.forEach((item, place) => {
        if (!views[place]) body.append((views[place] = item.kind === "text" ? passage(item) : thumbnail(way, item)).element);
        views[place].update();
      });
      take.disabled = !isOver(way.answer) || Boolean(way.problem);
      setText(state, way.problem ? trouble(way, { readonly: true })[0].textContent : isOver(way.answer) ? "" : "Being made …");
    },
  };
}

function thumbnail(way, item) {
  const image = element("img", { alt: "", hidden: true });
  return {
    element: element("figure", { class: "thumbnail", "aria-label": label(item.name) }, image),
    update() {
      image.alt = item.description ?? "";
      const { fileId } = way.shown(item);
      if (fileId || item.previews.length) show(image, fileId ? urlOf(way.shown(item)) : item.previews.at(-1));
    },
  };
}
