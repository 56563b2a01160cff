// Who waited for whom in an answer: spans of seconds since it began, from its events and, once it is over, its exact timeline.

import { picturesOf } from "./answer.js";

// Shorter waits are nobody's concern.
const WORTH_TELLING_S = 0.05;

/**
 * The spans of an answer as it is at `now`, in the gateway's clock.
 * `plan` is from and until; each picture has `waits` (from, until, for whom) and `draws` (from, until, by whom) as far as known.
 */
export function spans(answer, now) {
  const began = answer.timeline?.plan_started ?? answer.began;
  const until = answer.ended ?? now;
  const since = (at) => (at == null ? null : Math.max(0, at - began));
  const pictures = picturesOf(answer);
  // While events come nobody says that the plan has ended; what is known is when the planner was last heard of.
  const plan = { from: 0, until: since(answer.planEnded ?? answer.wroteAt ?? until) };
  return {
    total: since(until),
    plan,
    marks: pictures.map((picture) => since(picture.at.described)).filter((mark) => mark !== null),
    pictures: pictures.map((picture, index) => pictureSpans(picture, answer.timeline?.slots[index], until, since)),
  };
}

function pictureSpans(picture, exact, until, since) {
  const described = exact?.closed ?? picture.at.described;
  const queued = exact?.queued ?? picture.at.queued;
  const started = exact?.started ?? picture.at.started;
  const ended = exact?.done ?? picture.at.done ?? until;
  const waits = [];
  if (described) {
    const guides = picture.references.map((used) => used.id).filter((id) => id.startsWith("img"));
    wait(waits, since(described), since(queued ?? ended), guides.join(" and ") || "an earlier picture");
    if (queued) wait(waits, since(queued), since(started ?? ended), "a free worker");
  }
  const draws = started ? { from: since(started), until: Math.max(since(started), since(ended)), by: picture.worker } : null;
  return { name: picture.name, state: picture.state, attempt: picture.attempt ?? 1, waits, draws };
}

function wait(waits, from, until, forWhom) {
  if (until - from >= WORTH_TELLING_S) waits.push({ from, until, for: forWhom });
}

/** A picture's way in a sentence. */
export function sentence(picture) {
  const waited = picture.waits.map((wait) => `waited ${seconds(wait.until - wait.from)} for ${label(wait.for)}`);
  const { draws, state, attempt } = picture;
  const verb = { done: "drawn in", failed: "given up after" }[state] ?? "being drawn for";
  const drawn = draws && `${verb} ${seconds(draws.until - draws.from)} by ${draws.by}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
  const words = [...waited, drawn].filter(Boolean).join(", ");
  return `${label(picture.name)}: ${words || (state === "failed" ? "not drawn" : "being described")}.`;
}

export const seconds = (duration) => `${duration.toFixed(duration < 10 ? 1 : 0)} s`;

/** A text as the beginning of a sentence. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** `img2` as people say it. */
export const label = (name) => name.replace(/\bimg(\d+)/g, "picture $1").replace(/\bin(\d+)/g, "your image $1");
