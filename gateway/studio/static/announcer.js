// Tells whoever does not see the page what comes, sentence by sentence, through a polite live region.

import { element } from "./dom.js";
import { isOver } from "./answer.js";
import { capital, label } from "./timing.js";

// Latin marks also stand within a sentence (3.14), so a blank is waited for; those of other scripts only end one.
const SENTENCES = /[\s\S]*?(?:[.!?…]+["”’»)]*(?=\s|$)|(?![.!?])\p{Sentence_Terminal}["”’»」』）)]*)|[\s\S]*?\n/gu;
const MOST_KEPT = 30;
const ENDS = {
  completed: "The answer is complete.",
  incomplete: "The answer was cut at its limit.",
  failed: "The answer broke off.",
  cancelled: "The answer was stopped.",
};

/** An announcer that writes into `region`. */
export function announcer(region) {
  const heard = new WeakMap();
  function say(text) {
    region.append(element("p", {}, capital(text)));
    while (region.children.length > MOST_KEPT) region.firstChild.remove();
  }
  function once(item, what, text) {
    if (heard.get(item) !== what) say(text);
    heard.set(item, what);
  }
  function read(item) {
    const from = heard.get(item) ?? 0;
    const rest = item.text.slice(from);
    const whole = item.done ? rest : (rest.match(SENTENCES) ?? []).join("");
    if (whole.trim()) say(whole.trim());
    heard.set(item, from + whole.length);
  }
  function look(item) {
    if (item.state === "drawing") once(item, "drawing", `${label(item.name)} is being drawn: ${item.description}`);
    if (item.state === "done") once(item, "done", `${label(item.name)} is ready.`);
    if (item.state === "failed") once(item, "failed", `${label(item.name)} could not be drawn.`);
  }
  return {
    say,
    /** Says what is new in a turn. */
    follow({ answer, live }) {
      if (!live) return;
      for (const item of answer.items) item.kind === "text" ? read(item) : look(item);
      if (isOver(answer)) once(answer, "over", ENDS[answer.status]);
    },
  };
}
