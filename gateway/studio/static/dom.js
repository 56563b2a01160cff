// Makes elements. Text is always text: nothing that an answer says is ever read as HTML.

/** An element with attributes (`onclick` and the like are listeners, false and null are left out) and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** A button that does something; `label` is what it says, `more` further attributes. */
export function button(label, onclick, more = {}) {
  return element("button", { type: "button", onclick, ...more }, label);
}

/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Puts text into an element only where it differs, so that nothing flickers and no selection is lost. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
