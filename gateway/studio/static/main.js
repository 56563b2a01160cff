// The studio: wires the conversation to the page.

import { announcer } from "./announcer.js";
import * as api from "./api.js";
import { isOver } from "./answer.js";
import { composer } from "./composer.js";
import { button, byId, element, setText } from "./dom.js";
import { offerExports } from "./exports.js";
import { askForKey, listenForKey } from "./key.js";
import { offer } from "./options.js";
import { watchPool } from "./pool.js";
import { forgetOld } from "./saved.js";
import { Story } from "./story.js";
import { advice } from "./trouble.js";
import { turnView } from "./turn_view.js";

const IDEAS = ["A picture story about a fox who finds the sea", "An owl in the mountains, in 3 pictures", "Draw a bear with a red scarf"];
// How often a running answer's clock is shown anew.
const TICK_MS = 250;

const story = new Story(changed, say);
const announce = announcer(byId("said"));
const views = new Map();
let dirty = false;
const form = composer(story, say, complain);
const act = {
  say,
  again: (turn) => story.again(turn),
  change(turn) {
    story.drop(turn);
    form.write(turn.wish);
  },
};

/** Shown on the next frame, however many events come before it. */
function changed() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => {
    dirty = false;
    render();
  });
}

function render() {
  for (const [turn, view] of views) {
    if (story.turns.includes(turn)) continue;
    view.element.remove();
    views.delete(turn);
  }
  for (const turn of story.turns) {
    if (!views.has(turn)) enter(turn);
    views.get(turn).update();
    announce.follow(turn);
  }
  form.update();
  byId("title-page").hidden = story.turns.length > 0;
  byId("begin").hidden = byId("save").hidden = story.turns.length === 0;
  const id = story.turns.findLast((turn) => turn.answer.id)?.answer.id;
  if (id && location.hash !== `#${id}`) history.replaceState(null, "", `#${id}`);
}

function enter(turn) {
  const view = turnView(turn, story, act);
  views.set(turn, view);
  byId("turns").append(view.element);
  if (turn.live) view.element.scrollIntoView({ block: "start" });
}

/** Tells of something small: seen for a moment, and said. */
function say(text) {
  announce.say(text);
  setText(byId("note"), text);
  byId("note").hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (byId("note").hidden = true), 4000);
}

function complain(problem) {
  if (!(problem instanceof api.Problem)) throw problem;
  byId("trouble").replaceChildren(
    element("p", {}, element("strong", {}, problem.message), ` ${advice(problem)}`),
    button("Close", () => (byId("trouble").hidden = true)),
  );
  byId("trouble").hidden = false;
}

async function start() {
  try {
    story.model = await api.model();
    offer(story.model);
    setText(byId("model"), story.model.id);
    watchPool(byId("model"), () => story.busy());
  } catch (problem) {
    return complain(problem);
  }
  await restore();
}

async function restore() {
  const id = location.hash.slice(1);
  if (!id || id === story.last?.answer.id) return;
  try {
    await story.restore(id);
  } catch (problem) {
    complain(problem);
    begin();
  }
}

function begin() {
  history.replaceState(null, "", location.pathname);
  story.clear();
  form.write("");
}

api.onKeyNeeded(askForKey);
listenForKey();
forgetOld();
offerExports(story, say, complain);
byId("ideas").append(...IDEAS.map((idea) => element("li", {}, button(idea, () => story.ask(idea)))));
byId("begin").addEventListener("click", begin);
addEventListener("hashchange", restore);
setInterval(() => story.last && !isOver(story.last.answer) && changed(), TICK_MS);
changed();
start();
