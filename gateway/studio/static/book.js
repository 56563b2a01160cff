// The conversation as a book: chapters of text and pictures, with the pictures' bytes. Every export begins here.

import { endingOf } from "./downloads.js";
import { bytes } from "./pictures.js";
import { urlOf } from "./redraw.js";
import { label } from "./timing.js";

/**
 * The book of a story: `title`, and `chapters` of `heading` and `blocks`.
 * A block is `{ text }`, or a picture: `{ name, type, bytes, alt }`. Pictures that are not there are left out.
 */
export async function book(story) {
  let count = 0;
  const chapters = [];
  for (const turn of story.turns) {
    const blocks = [];
    for (const item of turn.answer.items) {
      if (item.kind === "text") blocks.push({ text: item.text });
      else if (turn.shown(item).fileId) blocks.push(await picture(turn.shown(item), item.description, ++count));
    }
    if (blocks.length) chapters.push({ heading: label(turn.wish), blocks });
  }
  return { title: story.name || chapters[0]?.heading || "A story", chapters };
}

async function picture(shown, alt, number) {
  const blob = await bytes(urlOf(shown));
  const data = new Uint8Array(await blob.arrayBuffer());
  return { name: `picture-${number}.${endingOf(blob)}`, type: blob.type, bytes: data, alt };
}

export const picturesIn = ({ chapters }) => chapters.flatMap(({ blocks }) => blocks.filter((block) => block.bytes));

/** Text for use in markup. */
export const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
