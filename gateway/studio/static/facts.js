// What is known of a picture, in small print: what guided it, its seed and size, and how long it took.

import { fileUrl } from "./api.js";
import { button, element } from "./dom.js";
import { jump } from "./jump.js";
import { show } from "./pictures.js";
import { label, seconds } from "./timing.js";

const WHY = { client: "chosen by you", planner: "chosen by the planner", policy: "chosen because it came first or last" };

/** The lines of small print of a picture in this state. */
export function facts(picture, story, state) {
  const lines = [];
  const used = picture.references ?? [];
  if (used.length) lines.push(element("p", { class: "guides" }, "Guided by ", ...used.map((one) => guide(one, story))));
  if (picture.missing?.length) lines.push(element("p", { class: "small" }, `Drawn without ${picture.missing.map(label).join(", ")}.`));
  if (state === "done") lines.push(element("p", { class: "small" }, [...small(picture)].join(" · ")));
  return lines;
}

function guide({ id, chosen_by: by }, story) {
  const place = story.find(id);
  const image = element("img", { alt: "", hidden: true });
  if (place?.fileId) show(image, fileUrl(place.fileId));
  const name = `${label(id)}${by in WHY ? `, ${WHY[by]}` : ""}`;
  const made = button("", () => jump(place, id), { class: "guide", title: name, "aria-label": `Go to ${name}`, disabled: !place });
  made.append(image);
  return made;
}

function* small({ seed, width, height, timings, worker, simulated }) {
  if (simulated) yield "simulated";
  yield `seed ${seed}`;
  yield `${width} × ${height}`;
  if (timings) {
    yield `waited ${seconds(Math.max(0, timings.started_at - timings.queued_at))}`;
    yield `drawn in ${seconds(timings.done_at - timings.started_at)}${worker ? ` by ${worker}` : ""}`;
  }
}
