// The bytes of pictures, fetched once each. An <img> cannot send a key, so it is shown what was fetched.

import { call } from "./api.js";

const fetched = new Map();

/** A picture's bytes as a Blob. */
export function bytes(url) {
  if (!fetched.has(url)) {
    const coming = call(url).then((response) => response.blob());
    fetched.set(url, coming);
    coming.catch(() => fetched.delete(url));
  }
  return fetched.get(url);
}

/** Shows a picture in an <img>; the picture asked for last wins, however slowly it comes. */
export async function show(image, url) {
  if (image.dataset.url === url) return;
  image.dataset.url = url;
  try {
    const blob = await bytes(url);
    if (image.dataset.url !== url) return;
    const before = image.src;
    image.src = URL.createObjectURL(blob);
    image.dataset.shown = url;
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
    image.hidden = false;
  } catch {
    delete image.dataset.url; // shown again with the next event, if there is one; the description stands meanwhile
  }
}
