// Pictures and files to take away: saved to the disk, or onto the clipboard.

import { element } from "./dom.js";
import { bytes } from "./pictures.js";
import { label } from "./timing.js";

const ENDINGS = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

export const endingOf = (blob) => ENDINGS[blob.type] ?? "png";

export function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has taken the file by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A title as a file's name. */
export const fileName = (title) => title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 48).replace(/^-|-$/g, "") || "story";

export async function downloadPicture(url, name, title) {
  const blob = await bytes(url);
  download(`${fileName(title)}-${fileName(label(name))}.${endingOf(blob)}`, blob);
}

/** Copies a picture; the answer says how that went. Clipboards take PNG only, and exist on secure pages only. */
export async function copyPicture(url) {
  if (!navigator.clipboard?.write) return "This browser copies pictures on secure (https) pages only. Download it instead.";
  const png = bytes(url).then(asPng);
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return "The picture is copied.";
  } catch {
    return "The browser did not allow copying. Download it instead.";
  }
}

async function asPng(blob) {
  if (blob.type === "image/png") return blob;
  const image = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
