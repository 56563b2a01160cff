// A turn on the page: the wish, the answer with its pictures in place, and beside it how it was made.

import { isOver } from "./answer.js";
import { fileUrl } from "./api.js";
import { card } from "./card.js";
import { copyAsCurl, copyAsPython } from "./copy.js";
import { button, element } from "./dom.js";
import { sentId } from "./jump.js";
import { show } from "./pictures.js";
import { prose } from "./prose.js";
import { timeline } from "./timeline.js";
import { label } from "./timing.js";
import { trouble } from "./trouble.js";

let count = 0;

/** The view of a turn: `element`, and `update()`; `act` says what its buttons do. */
export function turnView(turn, story, act) {
  const heading = element("h2", { class: "wish", id: `wish-${++count}` }, label(turn.wish) || "Pictures of yours");
  const body = element("div", { class: "answer" });
  const waiting = element("p", { class: "waiting" }, "The planner reads …");
  const troubles = element("div", {});
  const onward = button("Go on with the story", () => story.ask("Please go on"), { class: "onward" });
  const leaf = element("div", { class: "leaf" }, heading, sent(turn), body, waiting, troubles, onward);
  const made = timeline(turn.answer);
  const copies = element("div", { class: "copies" }, button("Copy as curl", () => copyAsCurl(turn, act.say)), button("Copy as Python", () => copyAsPython(turn, act.say)));
  const aside = element("aside", { "aria-label": "How it was made" }, element("h3", {}, "How it was made"), made.element, turn.request && copies);
  const whole = element("article", { class: "turn", "aria-labelledby": heading.id }, leaf, aside);
  const views = [];
  let shown = "";
  function update() {
    const { answer } = turn;
    answer.items.forEach((item, index) => {
      if (!views[index]) body.append((views[index] = item.kind === "text" ? passage(item) : card(turn, item, story)).element);
      views[index].update();
    });
    waiting.hidden = answer.items.length > 0 || Boolean(turn.problem) || isOver(answer);
    whole.setAttribute("aria-busy", !isOver(answer) && !turn.problem);
    onward.hidden = turn !== story.last || answer.status !== "completed" || !answer.items.some((item) => item.kind === "text");
    aside.hidden = answer.began === null;
    made.update();
    const found = trouble(turn, act);
    const key = found.map((box) => box.textContent).join();
    if (key !== shown) troubles.replaceChildren(...found);
    shown = key;
  }
  return { element: whole, update };
}

function passage(item) {
  const whole = element("div", { class: "passage" });
  let written = null;
  return {
    element: whole,
    update() {
      if (written === item.text) return;
      written = item.text;
      const wanted = prose(item.text);
      // Paragraphs that stay the same are left alone, so that a selection in them survives.
      const same = wanted.findIndex((block, index) => !whole.children[index]?.isEqualNode(block));
      if (same < 0) return;
      while (whole.children.length > same) whole.lastChild.remove();
      whole.append(...wanted.slice(same));
    },
  };
}

function sent(turn) {
  if (!turn.sent.length) return null;
  const shown = turn.sent.map(({ fileId, description }, index) => {
    const image = element("img", { alt: description || `Your image ${index + 1}`, id: sentId(fileId), tabindex: -1 });
    show(image, fileUrl(fileId));
    return element("li", {}, image);
  });
  return element("ul", { class: "sent", "aria-label": "Images you sent" }, ...shown);
}
