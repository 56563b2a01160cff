// What went wrong with a turn, in words, and what to do next.

import { isOver } from "./answer.js";
import { button, element } from "./dom.js";

const FIELDS = { size: "the size", seed: "the seed", most_images: "the number of pictures", least_images: "the number of pictures", input: "what you ask" };

/** The elements that tell of a turn's trouble, none if there is none. `act` holds what the buttons do. */
export function trouble(turn, act) {
  const { answer, problem, lost } = turn;
  if (problem) return box("alert", problem.message, advice(problem), [again(turn, act), button("Change it", () => act.change(turn))]);
  if (answer.status === "failed") {
    const message = answer.error?.message ?? "The answer broke off.";
    return box("alert", message, "What there is stands. Ask once more, or go on from here.", [again(turn, act)]);
  }
  if (answer.status === "incomplete") return box("status", "The answer has reached its length limit.", "Ask for the rest below.", []);
  if (answer.status === "cancelled") return box("status", "You stopped this answer.", "", [again(turn, act)]);
  if (lost && !isOver(answer)) return box("status", "The connection is lost.", "Looking for it; nothing is lost with it.", []);
  return [];
}

const again = (turn, act) => button("Ask again", () => act.again(turn));

function box(role, message, next, buttons) {
  return [element("div", { class: "trouble", role }, element("p", {}, element("strong", {}, message), next && ` ${next}`), ...buttons)];
}

/** What a person can do about a refusal. */
export function advice({ status, code, param, retryAfter }) {
  if (status === 0) return "See that the gateway is running and that you are online, then ask again.";
  if (status === 401) return "Ask again and enter a key that this gateway knows.";
  if (status === 429) return `As much is under way as can be done. Ask again${retryAfter ? ` in ${retryAfter} seconds` : " in a while"}.`;
  if (code === "planner_unavailable") return "The planner is starting or away. Ask again in a moment.";
  if (status >= 500) return "It is not your request's fault. Ask again in a moment.";
  if (status === 404 && param === "previous_response_id") return "What came before is no longer kept: begin a new story.";
  const field = FIELDS[(param ?? "").split(/[.[]/)[0]];
  return field ? `Change ${field} and ask again.` : "Change it and ask again.";
}
