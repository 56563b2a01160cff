// A picture in its place: what comes of it while it is drawn, and what a person should know of it.

import { cardActions } from "./card_actions.js";
import { button, element, setText } from "./dom.js";
import { choose, decline, offered, redrawOutdated, regenerate } from "./drawing.js";
import { placeId } from "./jump.js";
import { show } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { ring } from "./ring.js";
import { capital, label } from "./timing.js";
import { whyNoPicture } from "./trouble.js";
import { zoom } from "./zoom.js";

/**
 * The card of a picture: `element`, and `update()`.
 * `turn` is the turn it belongs to, `story` the whole conversation: they say which versions there are and what guides what.
 */
export function card(turn, item, story, act) {
  const image = element("img", { hidden: true, alt: "" });
  const progress = ring();
  const stage = element("p", { class: "stage" });
  const open = button("", () => zoom(story, item, act), { class: "open", "aria-label": `Enlarge ${label(item.name)}` });
  const frame = element("div", { class: "frame" }, image, element("div", { class: "veil" }, progress.element, stage), open);
  const trouble = element("p", { class: "trouble", role: "alert", hidden: true });
  const remark = element("div", { class: "remark", hidden: true });
  const versions = element("div", { class: "versions", hidden: true, role: "group", "aria-label": `Versions of ${label(item.name)}` });
  const actions = cardActions(turn, item, story, act);
  const caption = element("figcaption", {}, remark, versions, actions.element);
  const id = placeId(turn.answer.id, item.name);
  const figure = element("figure", { id, class: "picture", tabindex: -1, "aria-label": label(item.name) }, frame, trouble, caption);

  function update() {
    const shown = turn.shown(item);
    const { look, ways, problem } = turn.redrawing.get(item.name) ?? {};
    const redrawing = look !== undefined;
    const state = redrawing ? "drawing" : stateOf(shown, item);
    figure.dataset.state = state;
    const [width, height] = shown.width ? [shown.width, shown.height] : (story.model?.limits.default_size ?? [512, 512]);
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.maxWidth = `min(100%, ${MOST_ENLARGED * width}px, 75vh * ${width / height})`;
    image.alt = item.description ?? "";
    const url = look ?? (shown.fileId ? urlOf(shown) : item.previews.at(-1));
    if (url) show(image, url);
    setText(stage, ways > 1 ? `Drawing ${ways} more ways` : (STAGES[state]?.(item) ?? ""));
    progress.show(!redrawing && item.of ? item.step / item.of : null, `${label(item.name)} is being drawn`);
    open.hidden = !shown.fileId;
    trouble.hidden = state !== "failed" && !problem;
    setText(trouble, trouble.hidden ? "" : whyNoPicture(problem ?? item.error));
    if (!act.readonly) showVersions(versions, turn, item, story);
    showRemark(remark, turn, item, story, act, state);
    actions.update(state);
  }
  return { element: figure, update };
}

// Small pictures are shown larger than they are, but not so large that one sees nothing but blur.
const MOST_ENLARGED = 3.5;

const STAGES = {
  opened: () => "Being described",
  described: () => "Waiting for an earlier picture",
  queued: () => "Waiting for a free worker",
  drawing: (item) => (item.attempt > 1 ? `Drawn again, attempt ${item.attempt}` : ""),
  stopped: () => "Stopped",
};

function stateOf(shown, item) {
  if (shown.fileId) return "done";
  return item.error?.code === "cancelled" ? "stopped" : (shown.state ?? "done");
}

function showVersions(versions, turn, item, story) {
  const count = turn.versions(item).length;
  versions.hidden = count < 2;
  if (versions.children.length !== count) {
    const pill = (index) => button(String(index + 1), () => choose(story, turn, item, index), { "aria-label": `Version ${index + 1}` });
    versions.replaceChildren(...Array.from({ length: count }, (_, index) => pill(index)));
  }
  [...versions.children].forEach((one, index) => one.setAttribute("aria-pressed", turn.chosen(item) === index));
}

/** Says where a picture does not show what it should, with what helps: it lacks a guide, or what it guides shows an older version. */
function showRemark(remark, turn, item, story, act, state) {
  const found = act.readonly || state !== "done" ? null : (lacking(turn, item, story) ?? behind(turn, item, story));
  remark.hidden = !found;
  const key = found?.text ?? "";
  if (remark.dataset.key === key) return;
  remark.dataset.key = key;
  remark.replaceChildren(...(found ? [element("p", {}, found.text), ...found.buttons] : []));
}

function lacking(turn, item, story) {
  const { missing } = turn.shown(item);
  if (!missing?.length) return null;
  const names = missing.map(label).join(" and ");
  const there = missing.some((name) => story.find(name)?.fileId);
  const again = button(`Redraw with ${names}`, () => regenerate(story, turn, item));
  return { text: `Drawn without ${names}, so it may look different.${there ? "" : ` Regenerate ${names} first.`}`, buttons: there ? [again] : [] };
}

function behind(turn, item, story) {
  const others = offered(story, turn, item);
  if (!others.length) return null;
  const names = others.map((one) => label(one.item.name).replace("picture ", "")).join(", ");
  return {
    text: `${capital(label(item.name))} has changed. ${others.length === 1 ? `Picture ${names} still shows` : `Pictures ${names} still show`} the other version.`,
    buttons: [
      button(others.length === 1 ? "Redraw it" : "Redraw them", () => redrawOutdated(story, item.name), { class: "primary" }),
      button("Keep as is", () => decline(story, turn, item)),
    ],
  };
}
