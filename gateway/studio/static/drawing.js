// Draws pictures of a conversation once more: one, several ways of one, or all that show what has changed since.

import { guidesOf, outdated } from "./guides.js";
import { redraw } from "./redraw.js";
import { save } from "./saved.js";
import { label } from "./timing.js";

const WAYS = 4;

/** Draws a picture anew and shows that version; whether it came. */
export async function regenerate(story, turn, item) {
  const [drawn] = await draw(story, turn, item, 1);
  if (!drawn) return false;
  choose(story, turn, item, turn.versions(item).length - 1);
  story.say(`${label(item.name)} is ready.`);
  return true;
}

/** Draws as many further ways as make four with the shown one; how many came. */
export async function vary(story, turn, item) {
  const drawn = await draw(story, turn, item, WAYS - 1);
  story.changed();
  return drawn.length;
}

export function choose(story, turn, item, version) {
  turn.picked.set(item.name, version);
  save(turn);
  story.changed();
}

/** Draws, one after the other, what shows another version of this picture than is shown now. */
export async function redrawOutdated(story, name) {
  const stale = outdated(story.turns, name);
  for (const { turn, item } of stale) turn.redrawing.set(item.name, { look: null });
  for (const { turn, item } of stale) await regenerate(story, turn, item);
}

/** The pictures that may be drawn anew because this one has changed, unless that was declined. */
export function offered(story, turn, item) {
  if (turn.settled.has(settledKey(turn, item)) || turn.redrawing.has(item.name)) return [];
  return outdated(story.turns, item.name).filter((one) => !one.turn.redrawing.has(one.item.name));
}

export function decline(story, turn, item) {
  turn.settled.add(settledKey(turn, item));
  save(turn);
  story.changed();
}

const settledKey = (turn, item) => `${item.name} ${turn.shown(item).fileId}`;

/** Draws so many further versions side by side; answers those that came, and leaves on the card why others did not. */
async function draw(story, turn, item, count) {
  const guides = guidesOf(story.turns, turn, item);
  const show = (state) => (turn.redrawing.set(item.name, state), story.changed());
  show({ look: null, ways: count });
  const looked = (look) => count === 1 && show({ look, ways: 1 });
  const tries = await Promise.allSettled(Array.from({ length: count }, () => redraw(story.model?.id, item, guides, looked)));
  const drawn = tries.filter((one) => one.status === "fulfilled").map((one) => one.value);
  if (drawn.length) (turn.redrawn[item.name] ??= []).push(...drawn);
  const failed = tries.find((one) => one.status === "rejected");
  if (failed) show({ problem: failed.reason });
  else turn.redrawing.delete(item.name);
  save(turn);
  return drawn;
}
