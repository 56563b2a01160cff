// A picture in its place: what comes of it while it is drawn, what is known of it, and what can be done with it.

import { button, element, setText } from "./dom.js";
import { facts } from "./facts.js";
import { placeId } from "./jump.js";
import { show } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { ring } from "./ring.js";
import { label } from "./timing.js";

/**
 * The card of a picture: `element`, and `update(picture)`.
 * `turn` is the turn it belongs to, `story` the whole conversation: they say which versions there are and where references are.
 */
export function card(turn, item, story) {
  const image = element("img", { hidden: true, alt: "" });
  const progress = ring();
  const stage = element("p", { class: "stage" });
  const frame = element("div", { class: "frame" }, image, element("div", { class: "veil" }, progress.element, stage));
  const trouble = element("p", { class: "trouble", role: "alert", hidden: true });
  const description = element("p", { class: "description" });
  const versions = element("div", { class: "versions", role: "group", "aria-label": `Versions of ${label(item.name)}` });
  const about = element("div", { class: "about" });
  const actions = actionsOf(turn, item, story);
  const caption = element("figcaption", {}, description, versions, about, actions.element);
  const id = placeId(turn.answer.id, item.name);
  const figure = element("figure", { id, class: "picture", tabindex: -1, "aria-label": label(item.name) }, frame, trouble, caption);

  function update() {
    const shown = turn.shown(item);
    const { look, problem } = turn.redrawing.get(item.name) ?? {};
    const redrawing = look !== undefined;
    const state = redrawing ? "drawing" : shown.state ?? "done";
    figure.dataset.state = state;
    const [width, height] = shown.width ? [shown.width, shown.height] : (story.model?.limits.default_size ?? [512, 512]);
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.maxWidth = `${MOST_ENLARGED * width}px`;
    image.alt = item.description ?? "";
    const url = look ?? (state === "done" ? urlOf(shown) : item.previews.at(-1));
    if (url) show(image, url);
    setText(description, item.description ?? "");
    setText(stage, STAGES[state]?.(item) ?? "");
    progress.show(!redrawing && item.of ? item.step / item.of : null, `${label(item.name)} is being drawn`);
    trouble.hidden = state !== "failed" && !problem;
    setText(trouble, trouble.hidden ? "" : why(problem ?? item.error));
    const known = JSON.stringify([shown.fileId, shown.references, shown.missing, state]);
    if (about.dataset.known !== known) about.replaceChildren(...facts(shown, story, state));
    about.dataset.known = known;
    showVersions(versions, turn, item, story);
    actions.update(state);
  }
  return { element: figure, update };
}

// Small pictures are shown larger than they are, but not so large that one sees nothing but blur.
const MOST_ENLARGED = 2.75;

const STAGES = {
  opened: () => "The planner describes it",
  described: () => "Waits for the pictures that guide it",
  queued: () => "Waits for a visualizer",
  drawing: (item) => (item.attempt > 1 ? `Drawn again, attempt ${item.attempt}` : ""),
};

const ADVICE = {
  no_memory: "Ask for a smaller size.",
  rejected: "Describe it in other words.",
  cancelled: "",
  deadline: "The pool may be busy or away: draw it again in a while.",
};

function why(error) {
  const next = ADVICE[error?.code] ?? "Draw it again, or go on without it.";
  return `${error?.message ?? "It was not drawn."} ${next}`;
}

function showVersions(versions, turn, item, story) {
  const count = turn.versions(item).length;
  versions.hidden = count < 2;
  if (versions.children.length === count) {
    [...versions.children].forEach((one, index) => one.setAttribute("aria-pressed", turn.chosen(item) === index));
    return;
  }
  const choose = (index) => () => story.choose(turn, item, index);
  versions.replaceChildren(
    ...Array.from({ length: count }, (_, index) =>
      button(String(index + 1), choose(index), {
        "aria-label": index ? `Version ${index + 1}` : "Version 1, which the story goes on from",
        "aria-pressed": String(turn.chosen(item) === index),
      }),
    ),
  );
}

function actionsOf(turn, item, story) {
  const again = button("Draw again", () => story.redraw(turn, item));
  const edit = button("Change by words", () => open(true), { "aria-expanded": "false" });
  const words = element("input", { type: "text", id: `${turn.answer.id}-${item.name}-words`, required: true, maxlength: 2000, placeholder: "give her a blue scarf" });
  const form = element(
    "form",
    { class: "edit", hidden: true, onsubmit: submit, onkeydown: (event) => event.key === "Escape" && open(false) },
    element("label", { for: words.id }, `What to change in ${label(item.name)}`),
    element("div", { class: "edit-row" }, words, element("button", { class: "primary" }, "Change"), button("Leave it", () => open(false))),
  );
  function open(wide) {
    form.hidden = !wide;
    edit.setAttribute("aria-expanded", wide);
    (wide ? words : edit).focus();
  }
  function submit(event) {
    event.preventDefault();
    form.hidden = true;
    edit.setAttribute("aria-expanded", "false");
    story.edit(item, words.value);
    words.value = "";
  }
  const row = element("div", { class: "actions" }, again, edit);
  return {
    element: element("div", {}, row, form),
    update(state) {
      row.hidden = !["done", "failed"].includes(state) || !item.description;
      edit.disabled = story.busy();
      edit.hidden = state === "failed";
    },
  };
}
