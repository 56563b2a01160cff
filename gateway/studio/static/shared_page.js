// The page of a story that was shared: to be read, while it is made as well, and gone on from by whoever may.

import * as api from "./api.js";
import { isOver } from "./answer.js";
import { byId, element, setText } from "./dom.js";
import { Story } from "./story.js";
import { capital, label } from "./timing.js";
import { plain } from "./trouble.js";
import { turnView } from "./turn_view.js";

const TICK_MS = 250;

const share = location.pathname.split("/").at(-1);
const story = new Story(changed, () => {});
const act = { readonly: true, say, complain };
const views = new Map();
let dirty = false;

function changed() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => {
    dirty = false;
    for (const turn of story.turns) {
      if (!views.has(turn)) {
        views.set(turn, turnView(turn, story, act));
        byId("turns").append(views.get(turn).element);
      }
      views.get(turn).update();
    }
  });
}

function say(text) {
  setText(byId("note"), capital(text));
  byId("note").hidden = false;
  setTimeout(() => (byId("note").hidden = true), 4000);
}

function complain(problem) {
  if (!(problem instanceof api.Problem)) throw problem;
  const { what, next } = problem.status === 404 ? { what: "This story is not shared any more.", next: "Ask whoever sent you the link." } : plain(problem);
  byId("trouble").replaceChildren(element("p", {}, element("strong", {}, what), ` ${next}`));
  byId("trouble").hidden = false;
}

async function start() {
  api.readShare(share);
  try {
    const told = await api.shared();
    document.title = `${label(told.title)} · Weaver`;
    setText(byId("model"), `Shared until ${new Date(1000 * told.expires_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`);
    byId("onward").href = `../#share=${share}`;
    byId("onward").hidden = false;
    await story.restore(told.response_id, async (id) => ({ ...(await api.asked(id).catch(() => null)), ...chosen(told.versions[id]) }));
  } catch (problem) {
    complain(problem);
  }
}

/** What a turn knows of the versions that are shown in the place of its own pictures. */
function chosen(versions = {}) {
  const one = ({ file_id: fileId, width, height, seed }) => [{ fileId, width, height, seed, references: [] }];
  const all = Object.entries(versions);
  return { redrawn: Object.fromEntries(all.map(([name, version]) => [name, one(version)])), picked: all.map(([name]) => [name, 1]) };
}

setInterval(() => story.last && !isOver(story.last.answer) && changed(), TICK_MS);
start();
