// Where a wish is written down and sent off.

import { byId } from "./dom.js";
import { attachments } from "./attachments.js";
import { chosen, watchMode } from "./options.js";

/** The form at the foot of the page; `story` is asked, `say` and `complain` are told. */
export function composer(story, say, complain) {
  const form = byId("composer");
  const wish = byId("wish");
  const attached = attachments(say, complain);
  watchMode();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = wish.value.trim();
    if (story.busy()) return;
    const sent = attached.take();
    if (!words && !sent.length) return wish.focus();
    byId("options").open = false;
    write("");
    story.ask(words, sent, chosen());
  });
  wish.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  byId("stop").addEventListener("click", () => story.cancel().catch(complain));
  closeWhenLeft(byId("options"));
  closeWhenLeft(byId("save"));

  function write(words) {
    wish.value = words;
    wish.focus();
  }
  function update() {
    const busy = story.busy();
    byId("ask").hidden = busy;
    byId("stop").hidden = !busy;
    byId("stop").disabled = busy && !story.last.answer.id;
    wish.placeholder = story.turns.length ? "And then? …" : "Tell me a story about a fox at the sea, with 3 pictures";
  }
  return { write, update };
}

/** Closes a menu when something else is pressed, or Escape. */
function closeWhenLeft(menu) {
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
