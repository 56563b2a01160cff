// One turn of the conversation: what was asked, what came of it, and the further versions of its pictures.

import { nothingYet } from "./answer.js";

export class Turn {
  /** Pictures that are being drawn anew, by name, each with its latest `look`. */
  redrawing = new Map();
  /** Which version of a picture is shown, by name. */
  picked = new Map();
  /** Why the turn could not be made, a `Problem`; `lost` while the connection is. */
  problem = null;
  lost = false;

  /**
   * `wish` is what the user said, `sent` the images that came with it (`fileId`, `description`), `request` the body that was posted.
   * `redrawn` are further versions of pictures by name; `live` says that the answer comes while somebody watches.
   */
  constructor({ id = null, wish = "", sent = [], request = null, redrawn = {}, live = false }) {
    Object.assign(this, { wish, sent, request, redrawn, live, answer: nothingYet(id) });
  }

  /** The picture as it was answered, and then as it was drawn anew. */
  versions(item) {
    return [item, ...(this.redrawn[item.name] ?? [])];
  }

  chosen(item) {
    return this.picked.get(item.name) ?? this.versions(item).length - 1;
  }

  shown(item) {
    return this.versions(item)[this.chosen(item)];
  }
}
