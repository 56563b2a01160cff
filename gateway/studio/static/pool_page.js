// The page for operators: who is alive, what each draws with its latest look, what waits, and how the last answers went.
// It asks what any client may ask; what it shows of answers are those that its key may read. The operator's key opens the rest: whose
// pictures wait, and draining a worker.

import * as api from "./api.js";
import { isOver, picturesOf } from "./answer.js";
import { byId, element, setText } from "./dom.js";
import { askForKey, listenForKey } from "./key.js";
import { workerList } from "./pool_workers.js";
import { read } from "./reading.js";
import { timeline } from "./timeline.js";
import { plain } from "./trouble.js";
import { Turn } from "./turn.js";

const LOOK_MS = 2000;
const MOST_ANSWERS = 12;
// A browser opens six connections to a server over HTTP/1.1, and the page itself needs some.
const MOST_READ = { completed: 2, under_way: 2 };
const CLASSES = { interactive: "Waiting, interactive", batch: "Waiting, batch", returned: "Returned to the queue", near: "Kept for a worker that holds their references" };

/** The last answers by id, each followed as it is made; those not begun wait until one that is read has ended. */
const turns = new Map();
const begun = new WeakSet();
const open = { completed: 0, under_way: 0 };
const rows = new Map();
const workers = workerList(byId("workers"), tell);

async function look() {
  if (document.hidden) return;
  try {
    const [now, listed] = await Promise.all([api.status(), api.latest(MOST_ANSWERS)]);
    if (!byId("trouble").dataset.stays) byId("trouble").hidden = true;
    setText(byId("model"), [now.model, now.planner ? "the planner is ready" : "the planner is away"].join(" · "));
    showQueue(now.pools);
    follow(listed);
    workers.show(now.pools.flatMap(({ name, workers }) => workers.map((worker) => ({ ...worker, pool: name }))), drawing());
    showAnswers(listed);
    await showLines();
  } catch (problem) {
    tell(problem);
  }
}

/** Says what went wrong, until the next look goes well; in words of one's own, until there are others. */
function tell(problem, words = null) {
  if (!(problem instanceof api.Problem)) throw problem;
  const { what, next } = words ?? plain(problem);
  byId("trouble").replaceChildren(element("p", {}, element("strong", {}, what), ` ${next}${words ? "" : " What is below may be out of date."}`));
  byId("trouble").dataset.stays = words ? "yes" : "";
  byId("trouble").hidden = false;
}

/** What waits in all pools together, by class. */
function showQueue(pools) {
  const counts = Object.entries(CLASSES).map(([kind, words]) => [words, pools.reduce((sum, pool) => sum + pool.waiting[kind], 0)]);
  byId("queue").replaceChildren(...counts.map(([name, count]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(count)))));
}

/** Reads the answers that are listed, a few at a time; a finished one is read once. */
function follow(listed) {
  for (const { id, title } of listed.filter((one) => !turns.has(one.id))) turns.set(id, new Turn({ id, wish: title }));
  for (const id of [...turns.keys()].filter((one) => !listed.some((other) => other.id === one))) turns.delete(id);
  readSome(listed);
}

function readSome(listed) {
  for (const { id, status } of listed.filter((one) => turns.has(one.id))) begin(turns.get(id), status === "in_progress" ? "under_way" : "completed", listed);
}

function begin(turn, kind, listed) {
  if (begun.has(turn) || open[kind] === MOST_READ[kind]) return;
  begun.add(turn);
  open[kind] += 1;
  read(turn, null, () => {}).finally(() => {
    open[kind] -= 1;
    readSome(listed);
  });
}

/** The pictures that are being drawn now, of answers that may be read. */
const drawing = () => [...turns.values()].flatMap((turn) => picturesOf(turn.answer)).filter((item) => item.state === "drawing");

/** What only the operator sees: whose pictures wait. */
async function showLines() {
  byId("operator").hidden = api.isOperator();
  byId("by-tenant").hidden = !api.isOperator();
  if (!api.isOperator()) return;
  const pools = await api.pools();
  const rows = pools.flatMap(({ name, lines }) => lines.map((line) => [line.tenant, pools.length > 1 && name, line.interactive, line.batch]));
  const head = ["Tenant", pools.length > 1 && "Pool", CLASSES.interactive, CLASSES.batch];
  const cells = (kind, row) => element("tr", {}, ...row.filter((cell) => cell !== false).map((cell) => element(kind, {}, String(cell))));
  const none = element("p", {}, "Nobody's pictures wait.");
  byId("lines").replaceChildren(rows.length ? element("table", {}, cells("th", head), ...rows.map((row) => cells("td", row))) : none);
}

async function becomeOperator() {
  try {
    await api.pools();
    byId("trouble").dataset.stays = "";
    await look();
  } catch (problem) {
    tell(problem, problem.status === 404 ? { what: "This server has no operator's key.", next: "Whoever runs it sets GATEWAY_ADMIN_KEY." } : null);
  }
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

byId("operator").addEventListener("click", becomeOperator);
api.onKeyNeeded(askForKey);
listenForKey();
setInterval(look, LOOK_MS);
look();
