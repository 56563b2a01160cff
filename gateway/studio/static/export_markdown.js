// A book as Markdown beside its pictures, in one archive.

import { picturesIn } from "./book.js";
import { zip } from "./zip.js";

export async function asMarkdown(whole) {
  const parts = [`# ${whole.title}`];
  for (const { heading, blocks } of whole.chapters) {
    if (heading !== whole.title) parts.push(`## ${heading}`);
    for (const block of blocks) parts.push(block.bytes ? `![${label(block.alt)}](images/${block.name})` : block.text.trim());
  }
  const images = picturesIn(whole).map(({ name, bytes }) => [`images/${name}`, bytes]);
  return { ending: "zip", blob: zip([["story.md", `${parts.join("\n\n")}\n`], ...images], "application/zip") };
}

/** Text for the brackets of an image. */
const label = (text) => text.replace(/\s+/g, " ").replace(/[[\]\\]/g, "\\$&");
