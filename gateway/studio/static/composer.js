// Where a question is written down and sent off.

import { byId, element } from "./dom.js";
import { attachments } from "./attachments.js";
import { guideList } from "./guide_list.js";
import { closeWhenLeft } from "./menus.js";
import { chosen, clearOptions, showChosen, watchMode } from "./options.js";

/** The form at the foot of the page; `story` is asked, `say` and `complain` are told. */
export function composer(story, say, complain) {
  const form = byId("composer");
  const wish = byId("wish");
  const attached = attachments(say, complain);
  const guides = guideList(byId("guides"), story);
  watchMode();
  showChosen();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = wish.value.trim();
    if (story.busy() || !valid()) return;
    if (attached.coming()) return say("A picture is still being uploaded.");
    if (!words && !attached.any()) return wish.focus();
    byId("options").open = false;
    const sent = attached.take();
    write("");
    story.askGuided(words, sent, chosen(), guides.take());
  });
  wish.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && !wish.value && story.last?.wish) return write(story.last.wish, event.preventDefault());
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  byId("stop").addEventListener("click", () => story.cancel().catch(complain));
  closeWhenLeft(byId("options"));
  closeWhenLeft(byId("cast"));
  closeWhenLeft(byId("save"));

  /** Whether every option can be sent; one that cannot is shown, with the reason. */
  function valid() {
    const wrong = form.querySelector("input:invalid");
    for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    byId("wrong").hidden = !wrong;
    if (!wrong) return true;
    byId("options").open = true;
    wrong.setAttribute("aria-invalid", true);
    byId("wrong").replaceChildren(element("strong", {}, `${wrong.labels?.[0]?.textContent ?? "This field"}: `), wrong.validationMessage);
    wrong.focus();
    return false;
  }
  function write(words) {
    wish.value = words;
    wish.focus();
  }
  function update() {
    const busy = story.busy();
    byId("ask").hidden = busy;
    byId("stop").hidden = !busy;
    byId("stop").disabled = busy && !story.last.answer.id;
    wish.placeholder = story.turns.length ? "And then? …" : "Ask for a story";
    guides.update();
  }
  return { write, update, join: attached.keep, guide: guides.add, clear: () => (attached.take(), guides.take(), clearOptions()) };
}
