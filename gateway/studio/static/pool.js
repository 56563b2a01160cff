// Who draws, and how much waits to be drawn: a line at the top of the page, true while an answer is made.

import { Problem, status } from "./api.js";
import { setText } from "./dom.js";

const LOOK_MS = 2000;

/** Keeps a line of text about the pool; it is looked at anew only while `busy()` and while somebody sees the page. */
export function watchPool(line, busy) {
  async function look() {
    try {
      setText(line, summary(await status()));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // the line stays as it is; the answer itself says what is wrong
    }
  }
  setInterval(() => busy() && !document.hidden && look(), LOOK_MS);
  return look();
}

function summary({ model, planner, pool }) {
  const waiting = Object.values(pool?.waiting ?? {}).reduce((sum, count) => sum + count, 0);
  const parts = [model, planner ? "" : "the planner is away", pool && counted(pool.workers.length, "visualizer")];
  if (waiting) parts.push(`${counted(waiting, "picture")} waiting`);
  return parts.filter(Boolean).join(" · ");
}

const counted = (count, what) => `${count || "no"} ${what}${count === 1 ? "" : "s"}`;
