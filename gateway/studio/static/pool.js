// Who draws, and how much waits to be drawn: a line at the top of the page that is never older than a few seconds.

import { Problem, status } from "./api.js";
import { setText } from "./dom.js";

const BUSY_MS = 2000;
const IDLE_MS = 15_000;

/** Keeps a line of text about the pool, looked at anew while somebody sees the page, more often while `busy()`. */
export function watchPool(line, busy) {
  let at = 0;
  let looking = false;
  async function look() {
    if (looking || document.hidden) return;
    looking = true;
    try {
      setText(line, summary(await status()));
      delete line.dataset.away;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      line.dataset.away = "";
      setText(line, problem.status === 0 ? "offline" : "state unknown");
    } finally {
      at = Date.now();
      looking = false;
    }
  }
  let wasBusy = false;
  setInterval(() => {
    const isBusy = busy();
    // Once more when an answer has ended, so that the last word is not from its middle.
    if (wasBusy !== isBusy || Date.now() - at >= (isBusy ? BUSY_MS : IDLE_MS)) look();
    wasBusy = isBusy;
  }, 500);
  for (const kind of ["online", "offline"]) addEventListener(kind, look);
  document.addEventListener("visibilitychange", look);
  return look();
}

function summary({ model, planner, pool }) {
  const waiting = Object.values(pool?.waiting ?? {}).reduce((sum, count) => sum + count, 0);
  const parts = [model, planner ? "" : "the planner is away", pool && counted(pool.workers.length, "worker")];
  if (waiting) parts.push(`${counted(waiting, "picture")} waiting`);
  return parts.filter(Boolean).join(" · ");
}

const counted = (count, what) => `${count || "no"} ${what}${count === 1 ? "" : "s"}`;
