// What can be done with a picture.

import { button, element } from "./dom.js";
import { compare } from "./compare.js";
import { copyPicture, downloadPicture } from "./downloads.js";
import { regenerate, vary } from "./drawing.js";
import { menu } from "./menus.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

/** The buttons below a picture, and the line for what to change: `element`, and `update(state)`. */
export function cardActions(turn, item, story, act) {
  const url = () => urlOf(turn.shown(item));
  const edit = button("Edit", () => form.open(true), { "aria-expanded": "false" });
  const form = editForm(turn, item, story, edit);
  const again = button("Regenerate", () => regenerate(story, turn, item));
  const save = button("Download", () => downloadPicture(url(), item.name, story.title).catch(act.complain));
  const side = button("Compare versions", () => compare(story, turn, item));
  const ways = button("Draw four ways", async () => (await vary(story, turn, item)) && compare(story, turn, item));
  const guide = button("Use in the next answer", () => act.guide(turn, item));
  const copy = button("Copy picture", async () => act.say(await copyPicture(url())));
  const cast = button("Add to the cast", () => act.cast(turn, item));
  const more = menu("More", `More for ${label(item.name)}`, ways, side, guide, copy, cast);
  const row = element("div", { class: "actions" }, ...(act.readonly ? [save] : [edit, again, save, more]));
  return {
    element: element("div", {}, row, form.element),
    update(state) {
      const there = state === "done";
      row.hidden = !["done", "failed", "stopped"].includes(state) || !item.description;
      edit.disabled = story.busy();
      edit.hidden = save.hidden = more.hidden = !there;
      side.hidden = turn.versions(item).filter((one) => one.fileId).length < 2;
    },
  };
}

function editForm(turn, item, story, opener) {
  const words = element("input", { type: "text", id: `${turn.answer.id}-${item.name}-words`, required: true, maxlength: 2000, placeholder: "give her a blue scarf" });
  const title = element("label", { for: words.id });
  const whole = element(
    "form",
    { class: "edit", hidden: true, onsubmit: submit, onkeydown: (event) => event.key === "Escape" && open(false) },
    title,
    element("div", { class: "edit-row" }, words, element("button", { class: "primary" }, "Edit picture"), button("Cancel", () => open(false))),
  );
  function open(wide) {
    const version = turn.chosen(item) ? ` (version ${turn.chosen(item) + 1})` : "";
    title.textContent = `What should change in ${label(item.name)}${version}?`;
    whole.hidden = !wide;
    opener.setAttribute("aria-expanded", wide);
    (wide ? words : opener).focus();
  }
  function submit(event) {
    event.preventDefault();
    whole.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    story.edit(turn, item, words.value);
    words.value = "";
  }
  return { element: whole, open };
}
