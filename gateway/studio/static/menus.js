// Menus and dialogs behave as people expect: pressing elsewhere or Escape closes them, and the focus goes back.

import { button, element } from "./dom.js";

/** Closes a menu when something else is pressed, or Escape. */
export function closeWhenLeft(menu) {
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

/** A menu with these buttons; a press on one closes it. */
export function menu(summary, label, ...buttons) {
  const panel = element("div", { class: "panel", role: "group", "aria-label": label }, ...buttons);
  const whole = element("details", { class: "menu" }, element("summary", { "aria-label": label }, summary), panel);
  panel.addEventListener("click", () => (whole.open = false));
  closeWhenLeft(whole);
  return whole;
}

/** Opens a dialog over the page; it is gone once it is closed. */
export function openDialog(title, kind, ...children) {
  const close = button("Close", () => dialog.close(), { class: "close" });
  const heading = element("h2", { id: `dialog-${kind}` }, title);
  const dialog = element("dialog", { class: kind, "aria-labelledby": heading.id }, element("div", { class: "dialog-head" }, heading, close), ...children);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
