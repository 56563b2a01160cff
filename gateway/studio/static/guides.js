// Which pictures guide which: the graph of a conversation, whose pictures have versions.

import { picturesOf } from "./answer.js";

/** Every picture of the story with its turn, in the order in which they were described. */
export const drawnIn = (turns) => turns.flatMap((turn) => picturesOf(turn.answer).map((item) => ({ turn, item })));

/** Where the image named `img2` or `in1` is: its turn and the file of the version that is shown. */
export function find(turns, name) {
  const found = drawnIn(turns).find(({ item }) => item.name === name);
  if (found) return { ...found, fileId: found.turn.shown(found.item).fileId };
  const sent = turns.flatMap((turn) => turn.sent.filter((image) => !image.again).map((image) => ({ turn, fileId: image.fileId })));
  return name.startsWith("in") ? sent[Number(name.slice(2)) - 1] : undefined;
}

/**
 * What is to guide a picture that is drawn anew, as `{ id, fileId }`: what guided it, what was missing and is there by now, and for a
 * first picture that never came the first one that did, so that it shows the same figure.
 */
export function guidesOf(turns, turn, item) {
  const { references, missing } = turn.shown(item);
  const names = [...(references ?? []).map((used) => used.id), ...(missing ?? [])];
  const there = [...new Set(names)].map((id) => ({ id, fileId: find(turns, id)?.fileId })).filter((one) => one.fileId);
  if (there.length || item.state !== "failed") return there;
  const sibling = picturesOf(turn.answer).find((one) => turn.shown(one).fileId);
  return sibling ? [{ id: sibling.name, fileId: turn.shown(sibling).fileId }] : [];
}

/** The file of each reference at the time when this version was drawn: of the answer's own pictures, the first versions. */
function fileThen(turns, version, id) {
  if (version.guides) return version.guides.find((one) => one.id === id)?.fileId;
  const found = drawnIn(turns).find(({ item }) => item.name === id);
  return found ? found.item.fileId : find(turns, id)?.fileId;
}

/** The pictures that show another version of this one than is shown now, and those that follow from them; in order. */
export function outdated(turns, name) {
  const all = drawnIn(turns);
  const changed = new Set([name]);
  const found = [];
  for (const { turn, item } of all.filter(({ turn, item }) => turn.shown(item).fileId)) {
    const version = turn.shown(item);
    const names = (version.references ?? []).map((used) => used.id).filter((id) => changed.has(id));
    const stale = names.some((id) => id !== name || fileThen(turns, version, id) !== find(turns, id)?.fileId);
    if (!stale) continue;
    changed.add(item.name);
    found.push({ turn, item });
  }
  return found;
}
