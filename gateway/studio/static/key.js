// Asks a person for an API key, where the gateway wants one.

import { byId, setText } from "./dom.js";

/** Answers the key, or null if the person has none. */
export function askForKey(why) {
  const dialog = byId("key");
  setText(byId("key-why"), why);
  byId("key-value").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "use" ? byId("key-value").value.trim() || null : null), { once: true });
  });
}

export function listenForKey() {
  // A form of a dialog would be sent nowhere, but the page's policy forbids even that.
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("key").close("use");
  });
  byId("key-leave").addEventListener("click", () => byId("key").close(""));
}
