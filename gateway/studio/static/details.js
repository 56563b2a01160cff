// How a turn was made, folded away until somebody asks: times, seeds, workers, what guided what, and the request to copy.

import { fileUrl } from "./api.js";
import { picturesOf } from "./answer.js";
import { copyAsCurl, copyAsPython } from "./copy.js";
import { button, element } from "./dom.js";
import { jump } from "./jump.js";
import { show } from "./pictures.js";
import { timeline } from "./timeline.js";
import { capital, label, seconds } from "./timing.js";

const WHY = { client: "chosen by you", planner: "chosen by the planner", policy: "chosen because it came first" };

/** The fold: `element`, and `update()`. */
export function details(turn, story, act) {
  const made = timeline(turn.answer);
  const list = element("ul", { class: "facts" });
  const copies = element("div", { class: "copies" }, button("Copy as curl", () => copyAsCurl(turn, act.say)), button("Copy as Python", () => copyAsPython(turn, act.say)));
  const whole = element("details", { class: "details", ontoggle: () => update() }, element("summary", {}, "Details"), made.element, list, turn.request && copies);
  function update() {
    whole.hidden = turn.answer.began === null;
    if (!whole.open) return;
    made.update();
    const pictures = picturesOf(turn.answer).map((item) => ({ item, shown: turn.shown(item) }));
    const known = JSON.stringify(pictures.map(({ shown }) => [shown.fileId, shown.references, shown.missing, shown.description]));
    if (list.dataset.known === known) return;
    list.dataset.known = known;
    list.replaceChildren(...pictures.filter(({ item }) => item.description).map(({ item, shown }) => facts(item, shown, story, act)));
  }
  return { element: whole, update };
}

function facts(item, shown, story, act) {
  const used = shown.references ?? [];
  const guided = used.length > 0 && element("p", { class: "guides" }, "Guided by ", ...used.map((one) => guide(one, shown, story)));
  const small = shown.fileId && element("p", { class: "small" }, [...figures(shown)].join(" · "));
  const seed = !act.readonly && shown.fileId && button(`Use seed ${shown.seed} again`, () => act.keepSeed(shown.seed));
  const place = story.find(item.name);
  const title = button(capital(label(item.name)), () => jump(place, item.name), { class: "plain", "aria-label": `Go to ${label(item.name)}` });
  return element("li", { "aria-label": `Details of ${label(item.name)}` }, title, element("p", { class: "description" }, item.description), guided, small, seed);
}

function guide({ id, chosen_by: by }, shown, story) {
  const place = story.find(id);
  const fileId = shown.guides?.find((one) => one.id === id)?.fileId ?? place?.item?.fileId ?? place?.fileId;
  const image = element("img", { alt: "", hidden: true });
  if (fileId) show(image, fileUrl(fileId));
  const name = `${label(id)}${by in WHY ? `, ${WHY[by]}` : ""}`;
  const made = button("", () => jump(place, id), { class: "guide", title: name, "aria-label": `Go to ${name}`, disabled: !place });
  made.append(image);
  return made;
}

function* figures({ seed, width, height, timings, worker, simulated }) {
  if (simulated) yield "simulated";
  yield `seed ${seed}`;
  yield `${width} × ${height}`;
  if (timings) {
    yield `waited ${seconds(Math.max(0, timings.started_at - timings.queued_at))}`;
    yield `drawn in ${seconds(timings.done_at - timings.started_at)}${worker ? ` by ${worker}` : ""}`;
  }
}
