// The page for operators: who is alive, what each draws with its latest look, what waits, and how the last answers went.
// It asks what any client may ask; what it shows of answers are those that its key may read.

import * as api from "./api.js";
import { isOver, picturesOf } from "./answer.js";
import { byId, element, setText } from "./dom.js";
import { askForKey, listenForKey } from "./key.js";
import { show } from "./pictures.js";
import { read } from "./reading.js";
import { timeline } from "./timeline.js";
import { capital, label } from "./timing.js";
import { plain } from "./trouble.js";
import { Turn } from "./turn.js";

const LOOK_MS = 2000;
const MOST_ANSWERS = 12;
const CLASSES = { interactive: "Waiting, somebody looks", batch: "Waiting, no hurry", returned: "Given back", near: "Kept for a worker that holds their guides" };

/** The last answers by id, each followed as it is made. */
const turns = new Map();
const rows = new Map();

async function look() {
  if (document.hidden) return;
  try {
    const [now, listed] = await Promise.all([api.status(), api.latest(MOST_ANSWERS)]);
    byId("trouble").hidden = true;
    setText(byId("model"), [now.model, now.planner ? "the planner is ready" : "the planner is away"].join(" · "));
    await Promise.all([showQueue(now.pool), follow(listed)]);
    showWorkers(now.pool?.workers ?? []);
    showAnswers(listed);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    const { what, next } = plain(problem);
    byId("trouble").replaceChildren(element("p", {}, element("strong", {}, what), ` ${next} What is below may be out of date.`));
    byId("trouble").hidden = false;
  }
}

function showQueue(pool) {
  const counts = Object.entries(pool?.waiting ?? {}).map(([name, count]) => [CLASSES[name] ?? name, count]);
  byId("queue").replaceChildren(...counts.map(([name, count]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(count)))));
}

/** Reads the answers that are listed; a finished one is read once. */
function follow(listed) {
  for (const { id, title } of listed.filter((one) => !turns.has(one.id))) {
    const turn = new Turn({ id, wish: title });
    turns.set(id, turn);
    read(turn, null, () => {});
  }
  for (const id of [...turns.keys()].filter((one) => !listed.some((other) => other.id === one))) turns.delete(id);
}

function showWorkers(workers) {
  byId("no-workers").hidden = workers.length > 0;
  const drawing = [...turns.values()].flatMap((turn) => picturesOf(turn.answer)).filter((item) => item.state === "drawing");
  byId("workers").replaceChildren(...workers.map((worker) => workerCard(worker, drawing.filter((item) => item.worker === worker.id))));
}

function workerCard({ id, model, device, simulated, slots, active, draining }, drawing) {
  const state = draining ? "leaving: finishes what it holds" : `draws ${active} of ${slots} at once`;
  return element(
    "li",
    { "aria-label": `Worker ${id}` },
    element("p", { class: "worker-name" }, id),
    element("p", { class: "small" }, [model, device, simulated && "simulated", state].filter(Boolean).join(" · ")),
    element("ul", { class: "drawn" }, ...drawing.map(drawn)),
  );
}

function drawn(item) {
  const image = element("img", { alt: "" });
  const look = item.previews.at(-1);
  if (look) show(image, look);
  const words = `${capital(label(item.name))}, step ${item.step} of ${item.of || "?"}: ${item.description}`;
  return element("li", {}, look ? image : element("span", { class: "blank" }), words);
}

function showAnswers(listed) {
  for (const id of [...rows.keys()].filter((one) => !turns.has(one))) {
    rows.get(id).element.remove();
    rows.delete(id);
  }
  listed.forEach(({ id, title }, index) => {
    if (!rows.has(id)) rows.set(id, answerRow(id, title));
    const row = rows.get(id);
    row.update();
    if (byId("answers").children[index] !== row.element) byId("answers").insertBefore(row.element, byId("answers").children[index] ?? null);
  });
}

function answerRow(id, title) {
  const { answer } = turns.get(id);
  const made = timeline(answer);
  const state = element("span", {});
  return {
    element: element("li", {}, element("a", { href: `./#${id}` }, title || "Pictures"), " · ", state, made.element),
    update() {
      setText(state, isOver(answer) ? answer.status : "being made");
      made.update();
    },
  };
}

api.onKeyNeeded(askForKey);
listenForKey();
setInterval(look, LOOK_MS);
look();
