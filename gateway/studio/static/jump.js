// Goes to a picture of the page, as a reader does who follows a reference.

import { byId } from "./dom.js";

/** The id of the element that shows the picture with this name in an answer. */
export const placeId = (answerId, name) => `${answerId}-${name}`;
/** The id of the element that shows an image that was sent. */
export const sentId = (fileId) => `sent-${fileId}`;

export function jump({ turn, fileId }, name) {
  const target = byId(name.startsWith("in") ? sentId(fileId) : placeId(turn.answer.id, name));
  if (!target) return;
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "center", behavior: smooth ? "smooth" : "auto" });
  target.focus({ preventScroll: true });
}
