// The timeline of an answer: the planner's lane, and one for each picture, growing while they are made.

import { isOver } from "./answer.js";
import { element, setText } from "./dom.js";
import { label, seconds, sentence, spans } from "./timing.js";

/** The timeline of an answer: `element`, and `update()`, to be called as time goes by. */
export function timeline(answer) {
  const total = element("p", { class: "total" });
  const lanes = element("ol", { class: "lanes" });
  const legend = element(
    "p",
    { class: "legend", "aria-hidden": "true" },
    ...["plans", "waits", "draws"].map((kind) => element("span", { class: `key key-${kind}` }, kind)),
  );
  const whole = element("div", { class: "timeline" }, total, lanes, legend);
  function update() {
    if (answer.began === null) return;
    const now = Date.now() / 1000 - answer.skew;
    const found = spans(answer, now);
    setText(total, summary(answer, found));
    while (lanes.children.length < found.pictures.length + 1) lanes.append(lane());
    const scale = Math.max(found.total, 0.001);
    const plan = [bar("plans", found.plan.from, found.plan.until, scale), ...found.marks.map((at) => mark(at, scale))];
    fill(lanes.children[0], "Planner", `Planner: wrote for ${seconds(found.plan.until)}.`, plan);
    found.pictures.forEach((picture, index) => {
      const bars = picture.waits.map((wait) => bar("waits", wait.from, wait.until, scale));
      if (picture.draws) bars.push(bar("draws", picture.draws.from, picture.draws.until, scale, picture.state === "failed"));
      fill(lanes.children[index + 1], label(picture.name), sentence(picture), bars);
    });
  }
  return { element: whole, update };
}

function summary(answer, found) {
  if (!isOver(answer)) return `${seconds(found.total)} so far`;
  const overlap = answer.timeline?.overlap_efficiency;
  const shared = overlap == null ? "" : `; writing and drawing overlapped at ${Math.round(100 * Math.min(1, overlap))} % of the best possible`;
  return `${seconds(found.total)} in all${shared}`;
}

function lane() {
  const track = element("span", { class: "track", "aria-hidden": "true" });
  return element("li", {}, element("span", { class: "lane-name" }), track, element("span", { class: "lane-words" }));
}

function fill(lane, name, text, bars) {
  const [title, track, words] = lane.children;
  setText(title, name);
  setText(words, text.slice(text.indexOf(":") + 2));
  track.replaceChildren(...bars);
}

function bar(kind, from, until, scale, failed = false) {
  const made = element("span", { class: `bar bar-${kind}${failed ? " bar-failed" : ""}` });
  made.style.left = `${(100 * from) / scale}%`;
  made.style.width = `${(100 * (until - from)) / scale}%`;
  return made;
}

function mark(at, scale) {
  const made = element("span", { class: "bar-mark" });
  made.style.left = `${(100 * at) / scale}%`;
  return made;
}
