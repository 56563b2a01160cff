// One turn of the conversation: what was asked, what came of it, and the further versions of its pictures.

import { nothingYet } from "./answer.js";

export class Turn {
  /** Pictures that are being drawn anew, by name: the latest `look`, how many are drawn (`ways`), or the `problem`. */
  redrawing = new Map();
  /** Why the turn could not be made, a `Problem`; `lost` while the connection is. */
  problem = null;
  lost = false;

  /**
   * `wish` is what the user said, `sent` the images that came with it (`fileId`, `description`), `request` the body that was posted.
   * `redrawn` are further versions of pictures by name, `picked` which version is shown, `settled` which offers to redraw were declined;
   * `live` says that the answer comes while somebody watches.
   */
  constructor({ id = null, wish = "", sent = [], request = null, redrawn = {}, picked = [], settled = [], live = false }) {
    Object.assign(this, { wish, sent, request, redrawn, live, answer: nothingYet(id) });
    this.picked = new Map(picked);
    this.settled = new Set(settled);
  }

  /** The picture as it was answered, and then as it was drawn anew. */
  versions(item) {
    return [item, ...(this.redrawn[item.name] ?? [])];
  }

  chosen(item) {
    return this.picked.get(item.name) ?? 0;
  }

  shown(item) {
    return this.versions(item)[this.chosen(item)];
  }
}
