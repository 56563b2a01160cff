// A turn on the page: the question, the answer with its pictures in place, and what can be done with it.

import { isOver } from "./answer.js";
import { fileUrl } from "./api.js";
import { card } from "./card.js";
import { details } from "./details.js";
import { button, element } from "./dom.js";
import { sentId } from "./jump.js";
import { show } from "./pictures.js";
import { prose } from "./prose.js";
import { label } from "./timing.js";
import { trouble } from "./trouble.js";

// What the planner is trained to go on from.
const ONWARD = "And then?";
const LONG_CHARS = 400;

let count = 0;

/** The view of a turn: `element`, and `update()`; `act` says what its buttons do, none of them where it is `readonly`. */
export function turnView(turn, story, act) {
  const heading = element("h2", { class: "wish", id: `wish-${++count}` }, question(turn));
  const unfold = button("Show all of it", () => (heading.classList.remove("folded"), unfold.remove()), { class: "plain" });
  heading.classList.toggle("folded", turn.wish.length > LONG_CHARS);
  const body = element("div", { class: "answer" });
  const waiting = element("p", { class: "waiting" }, "Reading your question …");
  const troubles = element("div", {});
  const onward = element(
    "div",
    { class: "onward" },
    button("Continue", () => story.ask(ONWARD), { class: "primary" }),
    turn.request && button("Four ways to answer", () => act.endings(turn)),
  );
  const made = details(turn, story, act);
  const long = turn.wish.length > LONG_CHARS && unfold;
  const whole = element("article", { class: "turn", "aria-labelledby": heading.id }, heading, ...[long, sent(turn)].filter(Boolean), body, waiting, troubles, onward, made.element);
  const views = [];
  let shown = "";
  function update() {
    const { answer } = turn;
    answer.items.forEach((item, index) => {
      if (!views[index]) body.append((views[index] = item.kind === "text" ? passage(item) : card(turn, item, story, act)).element);
      views[index].update();
    });
    waiting.hidden = answer.items.length > 0 || Boolean(turn.problem) || isOver(answer);
    whole.setAttribute("aria-busy", !isOver(answer) && !turn.problem);
    onward.hidden = act.readonly || turn !== story.last || !["completed", "incomplete"].includes(answer.status);
    made.update();
    const found = trouble(turn, act);
    const key = found.map((box) => box.textContent).join();
    if (key !== shown) troubles.replaceChildren(...found);
    shown = key;
  }
  return { element: whole, update, end: () => (onward.hidden ? body : onward) };
}

/** What was asked, as people say it: an edited version is called by its number. */
function question(turn) {
  const version = turn.sent.find((image) => image.version);
  const words = version ? turn.wish.replace(/ in in\d+$/, ` in ${version.of}, version ${version.version}`) : turn.wish;
  return label(words) || "Your pictures";
}

/** A text of the answer: `element`, and `update()`. */
export function passage(item) {
  const whole = element("div", { class: "passage" });
  let written = null;
  return {
    element: whole,
    update() {
      if (written === item.text) return;
      written = item.text;
      const wanted = prose(item.text);
      // Paragraphs that stay the same are left alone, so that a selection in them survives.
      let same = wanted.findIndex((block, index) => !whole.children[index]?.isEqualNode(block));
      if (same < 0) same = wanted.length;
      while (whole.children.length > same) whole.lastChild.remove();
      whole.append(...wanted.slice(same));
    },
  };
}

function sent(turn) {
  const shown = turn.sent.filter((image) => image.fileId).map(({ fileId, description, version, of }, index) => {
    const name = version ? `Version ${version} of ${label(of)}` : description || `Your image ${index + 1}`;
    const image = element("img", { alt: name, id: sentId(fileId), tabindex: -1 });
    show(image, fileUrl(fileId));
    return element("li", {}, image);
  });
  return shown.length > 0 && element("ul", { class: "sent", "aria-label": "Images you sent" }, ...shown);
}
