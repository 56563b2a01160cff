// The pictures of the story that are to guide the next answer, as chips above the question.

import { button, element } from "./dom.js";
import { show } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

/** What was picked: `add`, `take()` answers it and begins anew. */
export function guideList(list, story) {
  let picked = [];
  function draw() {
    const chips = picked.map((one) => {
      const image = element("img", { alt: "" });
      show(image, urlOf(one.turn.shown(one.item)));
      const name = label(one.item.name);
      return element("li", {}, image, `Guided by ${name}`, button("×", () => drop(one), { "aria-label": `Do not use ${name}` }));
    });
    list.replaceChildren(...chips);
  }
  function drop(one) {
    picked = picked.filter((other) => other !== one);
    draw();
  }
  return {
    add(turn, item) {
      if (!picked.some((one) => one.item === item)) picked.push({ turn, item });
      draw();
    },
    take() {
      const taken = picked;
      picked = [];
      draw();
      return taken;
    },
    /** Pictures of another story guide nothing here. */
    update() {
      const here = picked.filter((one) => story.turns.includes(one.turn));
      if (here.length === picked.length) return;
      picked = here;
      draw();
    },
  };
}
