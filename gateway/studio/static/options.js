// How an answer is to be: its mode, how many pictures of which size, and the seed. What can be chosen, the model says.

import { button, byId, element } from "./dom.js";

const SHAPES = [[1, 1], [4, 3], [3, 4], [16, 9], [9, 16]];
const NAMES = ["mode", "least_images", "most_images", "size", "seed"];
const SAID = {
  mode: (field) => field.selectedOptions[0].textContent,
  least_images: ({ value }) => `at least ${value} pictures`,
  most_images: ({ value }) => `at most ${value} pictures`,
  size: (field) => field.selectedOptions[0].textContent,
  seed: ({ value }) => `seed ${value}`,
};

/** Offers what this model can draw. */
export function offer({ limits, most_images: most }) {
  byId("size").append(...sizes(limits).map((size) => element("option", { value: size }, size.replace("x", " × "))));
  for (const name of ["least_images", "most_images"]) byId(name).max = most;
}

/** The sizes that a model draws, or where it draws nearly all, one for each usual shape, as large as its default. */
function sizes({ sizes, default_size: [width, height], multiple_px: step, least_side_px: least, most_side_px: most }) {
  if (sizes.length) return sizes.map((size) => size.join("x"));
  const fit = (side) => Math.min(most, Math.max(least, Math.round(side / step) * step));
  const shaped = SHAPES.map(([across, down]) => {
    const unit = Math.sqrt((width * height) / (across * down));
    return `${fit(across * unit)}x${fit(down * unit)}`;
  });
  return [...new Set([`${width}x${height}`, ...shaped])];
}

const isOn = (name) => !["", "auto"].includes(byId(name).value);

/** The fields of a request that were chosen; what was left alone is left out. */
export function chosen() {
  const fields = NAMES.filter(isOn).map((name) => [name, byId(name).value]);
  return Object.fromEntries(fields.map(([name, value]) => [name, ["mode", "size"].includes(name) ? value : Number(value)]));
}

/** Options that are on are seen without opening the menu, and each can be taken back where it is seen. */
export function showChosen() {
  const draw = () => {
    const on = NAMES.filter(isOn);
    byId("options").classList.toggle("on", on.length > 0);
    byId("chosen").replaceChildren(...on.map((name) => element("li", {}, SAID[name](byId(name)), button("×", () => set(name, ""), { "aria-label": `Undo: ${SAID[name](byId(name))}` }))));
  };
  for (const name of NAMES) byId(name).addEventListener("input", draw);
  draw();
}

/** Sets an option as if it were chosen by hand; empty for as it was at first. */
export function set(name, value) {
  byId(name).value = value === "" && ["mode", "size"].includes(name) ? "auto" : value;
  byId(name).dispatchEvent(new Event("input", { bubbles: true }));
  byId(name).dispatchEvent(new Event("change", { bubbles: true }));
}

export function clearOptions() {
  for (const name of NAMES.filter(isOn)) set(name, "");
}

/** Numbers of pictures mean nothing where none are drawn. */
export function watchMode() {
  byId("mode").addEventListener("change", () => {
    for (const name of ["least_images", "most_images", "size"]) {
      byId(name).disabled = byId("mode").value === "text";
      if (byId(name).disabled && isOn(name)) set(name, "");
    }
  });
}
