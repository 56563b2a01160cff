// A picture as large as the window lets it be; arrows lead to the others of the story.

import { button, element, setText } from "./dom.js";
import { copyPicture, downloadPicture } from "./downloads.js";
import { drawnIn } from "./guides.js";
import { openDialog } from "./menus.js";
import { show } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

/** Opens the picture; `act` tells what went well and what did not. */
export function zoom(story, item, act) {
  const all = drawnIn(story.turns).filter((one) => one.turn.shown(one.item).fileId);
  let at = all.findIndex((one) => one.item === item);
  const image = element("img", { alt: "" });
  const words = element("p", { class: "description" });
  const place = element("p", { class: "small", "aria-live": "polite" });
  const url = () => urlOf(all[at].turn.shown(all[at].item));
  const to = (step) => ((at = (at + step + all.length) % all.length), look());
  function look() {
    const { item: shown } = all[at];
    image.alt = shown.description ?? "";
    show(image, url());
    setText(words, shown.description ?? "");
    setText(place, `${label(shown.name)}, ${at + 1} of ${all.length}`);
  }
  const tools = element(
    "div",
    { class: "tools" },
    all.length > 1 && button("Previous", () => to(-1)),
    all.length > 1 && button("Next", () => to(1)),
    button("Download", () => downloadPicture(url(), all[at].item.name, story.title).catch(act.complain)),
    button("Copy", async () => act.say(await copyPicture(url()))),
  );
  const dialog = openDialog("Picture", "zoom", image, words, place, tools);
  dialog.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowRight") to(1);
    if (key === "ArrowLeft") to(-1);
  });
  look();
}
