// What went wrong, in words that a person reads once, and what to do next.

import { isOver } from "./answer.js";
import { button, element } from "./dom.js";

/** The elements that tell of a turn's trouble, none if there is none. `act` holds what the buttons do. */
export function trouble(turn, act) {
  const { answer, problem, lost } = turn;
  const again = () => (act.readonly ? [] : [button("Try again", () => act.again(turn))]);
  if (problem) {
    const { what, next } = plain(problem);
    return box("alert", what, next, act.readonly ? [] : [...again(), button("Change the question", () => act.change(turn))]);
  }
  if (answer.status === "failed") {
    return box("alert", sentence(answer.error?.message ?? "The answer broke off."), "What has come so far stays. Try again, or go on from here.", again());
  }
  if (answer.status === "incomplete") return box("status", "The answer has reached its length limit.", "Press Continue for the rest.", []);
  if (answer.status === "cancelled") return box("status", "You stopped this answer.", "", again());
  if (lost && !isOver(answer)) return box("status", "The connection is lost.", "Reconnecting; the answer goes on meanwhile.", []);
  return [];
}

function box(role, message, next, buttons) {
  return [element("div", { class: "trouble", role }, element("p", {}, element("strong", {}, message), next && ` ${next}`), ...buttons)];
}

/** A `Problem` as a person would put it: `what` is the matter, and what to do `next`. */
export function plain({ status, code, param, retryAfter, message }) {
  const later = retryAfter ? `Try again in ${retryAfter} seconds.` : "Try again in a moment.";
  const field = (param ?? "").split(/[.[]/)[0];
  if (status === 0) return { what: message, next: "Check that you are online and that the server runs, then try again." };
  if (status === 401) return { what: "This server needs an API key that it knows.", next: "Try again and enter your key." };
  if (status === 429) return { what: "Your limit is reached for now.", next: later };
  if (code === "planner_unavailable") return { what: "The planner is starting up or away.", next: later };
  if (status === 503) return { what: "The server has its hands full.", next: later };
  if (status >= 500) return { what: "Something went wrong on the server.", next: `Your question is fine. ${later}` };
  if (status === 404) return { what: "This is no longer kept on the server.", next: "Stories last for a limited time. Begin a new one." };
  if (code === "prompt_too_long") return { what: "The story has become too long for the planner.", next: "Ask more briefly, or begin a new story." };
  return FIELDS[field] ?? { what: sentence(message), next: "Change it and try again." };
}

const COUNTS = { what: "These numbers of pictures do not go together, or are more than this server draws.", next: "Change the number of pictures and try again." };
const FIELDS = {
  least_images: COUNTS,
  most_images: COUNTS,
  expires_in_s: { what: "The link cannot last that long.", next: "Choose a shorter time, or try again when the answer is complete." },
  share: { what: "This story is still being made.", next: "Try again when it is complete." },
  size: { what: "Pictures of this size cannot be drawn here.", next: "Choose another size and try again." },
  seed: { what: "This seed cannot be used.", next: "Choose a whole number from 0 up." },
};

/** A message of the API without its marks of code. */
const sentence = (message) => message.replaceAll("`", "");

const PICTURES = {
  no_memory: "This picture is too large for the machine that draws. Ask for a smaller size.",
  rejected: "The model does not draw this. Describe it in other words.",
  deadline: "This picture was not ready in time. The workers may be busy or away: regenerate it in a while.",
  poisoned: "Drawing this picture failed several times. Edit its description, or go on without it.",
};

/** Why there is no picture, and what helps; `error` is the picture's own, or a `Problem`. */
export function whyNoPicture(error) {
  if (error?.status === 0 || error?.status >= 400) {
    const { what, next } = PICTURES[error.code] ? { what: PICTURES[error.code], next: "" } : plain(error);
    return `${what} ${next}`.trim();
  }
  return PICTURES[error?.code] ?? `${sentence(error?.message ?? "This picture was not drawn.")} Regenerate it, or go on without it.`;
}
