// The studio: wires the conversation to the page.

import { announcer } from "./announcer.js";
import * as api from "./api.js";
import { isOver, picturesOf } from "./answer.js";
import { cast } from "./cast.js";
import { composer } from "./composer.js";
import { copied, showExamples } from "./copies.js";
import { button, byId, element, setText } from "./dom.js";
import { endings } from "./endings.js";
import { offerExports } from "./exports.js";
import { askForKey, listenForKey } from "./key.js";
import { offer, set } from "./options.js";
import { watchPool } from "./pool.js";
import { forgetOld } from "./saved.js";
import { scrolling } from "./scrolling.js";
import { share } from "./share.js";
import { shelf } from "./shelf.js";
import { keep, merge, storyOf } from "./shelf_store.js";
import { Story } from "./story.js";
import { capital } from "./timing.js";
import { plain } from "./trouble.js";
import { turnView } from "./turn_view.js";
import { welcome } from "./welcome.js";

// How often a running answer's clock is shown anew.
const TICK_MS = 250;
const NOTE_MS = 4000;
// Turns that are on no shelf are remembered for a day.
const KEPT_S = 24 * 3600;

const story = new Story(changed, say);
const announce = announcer(byId("said"));
const views = new Map();
const eye = scrolling();
const form = composer(story, say, complain);
const books = shelf(say);
const act = {
  say,
  complain,
  again: (turn) => story.again(turn),
  endings: (turn) => endings(story, turn),
  cast: (turn, item) => figures.add(turn, item),
  guide: (turn, item) => (form.guide(turn, item), byId("wish").focus()),
  keepSeed: (seed) => (set("seed", seed), say(`The next answer uses seed ${seed}.`)),
  change(turn) {
    story.drop(turn);
    form.write(turn.wish);
  },
};
const figures = cast(form.join, act);
let dirty = false;

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
  const started = story.turns.length > 0;
  byId("title-page").hidden = started;
  for (const [turn, view] of views) {
    if (story.turns.includes(turn)) continue;
    view.element.remove();
    views.delete(turn);
  }
  story.turns.forEach((turn, index) => {
    if (!views.has(turn)) enter(turn, index);
    views.get(turn).update();
    announce.follow(turn);
  });
  form.update();
  byId("begin").hidden = byId("save").hidden = !started;
  byId("share").hidden = !story.last?.answer.id;
  if (!started) books.update();
  // First, since a story's name is known to its shelf.
  remember();
  document.title = started ? `${story.title} · Weaver` : "Weaver";
  if (started) eye.follow(views.get(story.last).end(), !isOver(story.last.answer) && !story.last.problem);
}

function enter(turn, index) {
  const view = turnView(turn, story, act);
  views.set(turn, view);
  byId("turns").insertBefore(view.element, byId("turns").children[index] ?? null);
  if (turn.live && turn === story.last) eye.begin(view.element);
}

/** The story's address, and its place on the shelf. */
function remember() {
  const told = story.turns.filter((turn) => turn.answer.id);
  const ids = told.map((turn) => turn.answer.id);
  const id = ids.at(-1);
  if (!id) return;
  // A story that begins is a step of its own, so that Back leads to the shelf; one that goes on is not.
  if (location.hash !== `#${id}`) history[location.hash ? "replaceState" : "pushState"](null, "", `#${id}`);
  const drawn = told.flatMap((turn) => picturesOf(turn.answer).map((item) => turn.shown(item))).find((shown) => shown.fileId);
  const { wish } = story.turns.find((turn) => turn.wish) ?? { wish: "Your pictures" };
  keep({ ids, title: wish.split("\n")[0].slice(0, 120), cover: drawn?.fileId });
  story.name = storyOf(id)?.name ?? "";
}

/** Tells of something small: seen for a moment, and said. */
function say(text, more = null, forMs = NOTE_MS) {
  announce.say(text);
  byId("note").replaceChildren(element("span", {}, capital(text)), ...(more ? [more] : []));
  byId("note").hidden = false;
  byId("note").onclick = () => (byId("note").hidden = true);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (byId("note").hidden = true), forMs);
}

/** Tells of what went wrong outside of a turn, where it is seen whatever the page shows; the words are the problem's own, or given. */
function complain(problem, what, next) {
  if (problem && !(problem instanceof api.Problem)) throw problem;
  const words = what ? { what, next } : plain(problem);
  byId("trouble").replaceChildren(element("p", {}, element("strong", {}, words.what), ` ${words.next}`), button("Close", () => (byId("trouble").hidden = true)));
  byId("trouble").hidden = false;
}

async function start() {
  try {
    story.model = await api.model();
    offer(story.model);
    welcome(story.model, (idea) => story.ask(idea));
    setText(byId("model"), story.model.id);
    watchPool(byId("model"), () => story.busy());
    if (api.hasKey()) merge(await api.responses());
    showExamples(await api.examples());
  } catch (problem) {
    complain(problem);
  }
  // Whoever was faster has asked by now, and that stands.
  if (!story.last) await open();
  changed();
}

/** Shows what the address names: a story, one to be copied first, or the shelf. */
async function open() {
  let id = location.hash.slice(1);
  if (/^(share|example)=/.test(id)) {
    try {
      id = await copied(id);
      history.replaceState(null, "", `#${id}`);
    } catch (problem) {
      complain(problem);
      return history.replaceState(null, "", location.pathname);
    }
  }
  if (id === (story.turns.findLast((turn) => turn.answer.id)?.answer.id ?? "")) return;
  story.clear();
  if (!id) return scrollTo(0, 0);
  try {
    await story.restore(id);
  } catch (problem) {
    complain(problem);
    history.replaceState(null, "", location.pathname);
  }
}

/** Leaves the story, which stays on the shelf and a step back. */
function begin() {
  history.pushState(null, "", location.pathname);
  story.clear();
  form.clear();
  form.write("");
  scrollTo(0, 0);
}

api.onKeyNeeded(askForKey);
listenForKey();
forgetOld(KEPT_S, (id) => Boolean(storyOf(id)));
offerExports(story, say, complain);
byId("begin").addEventListener("click", begin);
byId("share").addEventListener("click", () => share(story, act));
byId("home").addEventListener("click", (event) => (event.preventDefault(), begin()));
addEventListener("popstate", open);
setInterval(() => story.last && !isOver(story.last.answer) && changed(), TICK_MS);
changed();
start();
