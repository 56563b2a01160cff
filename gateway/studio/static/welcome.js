// The first screen: what this pair of models can do, as it says itself, and what one could ask.

import { button, byId, element, setText } from "./dom.js";

const IDEAS = ["A picture story about a fox who finds the sea", "An owl in the mountains, in 3 pictures", "Draw a bear with a red scarf"];

/** Shows it; `ask` is called with the idea that was pressed. */
export function welcome({ about, sees_images: sees }, ask) {
  setText(byId("about"), about?.text ?? "");
  byId("about").hidden = !about?.text;
  byId("blind").hidden = sees !== false;
  byId("ideas").replaceChildren(...(about?.ideas ?? IDEAS).map((idea) => element("li", {}, button(idea, () => ask(idea)))));
}
