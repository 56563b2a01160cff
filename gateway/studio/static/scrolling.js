// Keeps what comes where the eye is: a new answer begins at the top of the view and is followed until the reader scrolls.

import { byId } from "./dom.js";

// Less than this was the browser's own doing.
const BY_HAND_PX = 4;

/** `begin(element)` shows a new turn, `follow(end)` keeps the end of what is written in view. */
export function scrolling() {
  const jump = byId("latest");
  let following = false;
  let end = null;
  let expected = 0;

  const floor = () => byId("composer").getBoundingClientRect().top - 16;
  function move(by) {
    scrollBy({ top: by, behavior: "instant" });
    expected = scrollY;
  }
  function showJump() {
    jump.hidden = following || !end?.isConnected || end.getBoundingClientRect().bottom <= floor() + BY_HAND_PX;
  }
  addEventListener("scroll", () => {
    // A page that becomes shorter is scrolled back to its end by the browser.
    const isEnd = scrollY < expected && scrollY + innerHeight >= document.documentElement.scrollHeight - BY_HAND_PX;
    if (Math.abs(scrollY - expected) > BY_HAND_PX && !isEnd) following = false;
    expected = scrollY;
    showJump();
  });
  for (const kind of ["wheel", "touchmove"]) addEventListener(kind, () => (following = false), { passive: true });
  jump.addEventListener("click", () => {
    following = true;
    move(end.getBoundingClientRect().bottom - floor());
    showJump();
  });

  return {
    begin(element) {
      element.scrollIntoView({ block: "start", behavior: "instant" });
      expected = scrollY;
      following = true;
    },
    /** `live` says that more is coming. */
    follow(element, live) {
      end = live ? element : null;
      const below = live && following ? element.getBoundingClientRect().bottom - floor() : 0;
      if (below > 0) move(below);
      showJump();
    },
  };
}
