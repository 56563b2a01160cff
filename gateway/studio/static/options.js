// How an answer is to be: its mode, how many pictures of which size, and the seed. What can be chosen, the model says.

import { byId, element } from "./dom.js";

const SHAPES = [[1, 1], [4, 3], [3, 4], [16, 9], [9, 16]];

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

/** The fields of a request that were chosen; what was left alone is left out. */
export function chosen() {
  const fields = {};
  for (const name of ["mode", "size"]) {
    if (byId(name).value !== "auto") fields[name] = byId(name).value;
  }
  for (const name of ["least_images", "most_images", "seed"]) {
    if (byId(name).value !== "") fields[name] = Number(byId(name).value);
  }
  return fields;
}

/** Numbers of pictures mean nothing where none are drawn. */
export function watchMode() {
  byId("mode").addEventListener("change", () => {
    for (const name of ["least_images", "most_images", "size"]) {
      byId(name).disabled = byId("mode").value === "text";
      if (byId(name).disabled) byId(name).value = name === "size" ? "auto" : "";
    }
  });
}
