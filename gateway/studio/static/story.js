// The conversation on the page: its turns, and how it goes on. It knows the API and no elements.

import * as api from "./api.js";
import { isOver } from "./answer.js";
import { drawnIn, find } from "./guides.js";
import { read } from "./reading.js";
import { saved } from "./saved.js";
import { Turn } from "./turn.js";

export class Story {
  turns = [];
  /** As /v1/models tells it; what is asked before it is known goes to whatever model there is. */
  model = null;
  /** What a person called it; empty for the question that began it. */
  name = "";

  /** `changed` is called whenever something on the page may look different, `say` with what is worth telling. */
  constructor(changed, say) {
    Object.assign(this, { changed, say });
  }

  get last() {
    return this.turns.at(-1);
  }

  get title() {
    return this.name || this.turns.find((turn) => turn.wish)?.wish || "A story";
  }

  busy() {
    return Boolean(this.last && !this.last.problem && !isOver(this.last.answer));
  }

  find(name) {
    return find(this.turns, name);
  }

  /** Asks; `sent` are images already kept by the gateway, `options` fields of the request. */
  async ask(wish, sent = [], options = {}) {
    const turn = new Turn({ ...this.wanted(wish, sent, options), live: true });
    this.turns.push(turn);
    this.changed();
    await read(turn, () => api.ask(asStreamed(turn.request)), this.changed);
  }

  /** What a turn with these words would ask: `wish`, `sent`, `request`. A figure whose other version was chosen goes along. */
  wanted(wish, sent, options) {
    const images = [...sent];
    const asked = { ...options };
    const other = asked.references || asked.mode === "text" ? null : this.#otherFace();
    if (other) asked.references = [this.#named(other, images)];
    const said = wish ? [{ type: "input_text", text: wish }] : [];
    const fresh = images.filter((image) => !image.again);
    const content = fresh.map(({ fileId, description }) => ({ type: "input_image", file_id: fileId, ...(description && { description }) }));
    const previous = this.turns.findLast((turn) => turn.answer.id)?.answer.id;
    const request = {
      ...(this.model && { model: this.model.id }),
      input: content.length ? [{ role: "user", content: [...content, ...said] }] : wish,
      ...(previous && { previous_response_id: previous }),
      ...asked,
    };
    return { wish, sent: images, request };
  }

  /** Asks for a picture of the conversation with a change; of a further version, the version is sent along. */
  edit(turn, item, words) {
    const sent = [];
    const name = this.#named({ turn, item }, sent);
    const alone = drawnIn(this.turns).length === 1 && !sent.length;
    const wish = alone ? words : `${words.replace(/[.\s]+$/, "")} in ${name}`;
    return this.ask(wish, sent, { mode: "image", references: [name] });
  }

  /** Asks with pictures of the conversation as guides, and with the faces of the cast among the images sent. */
  askGuided(wish, sent, options, guides) {
    const images = [...sent];
    const before = this.turns.flatMap((one) => one.sent).filter((image) => !image.again).length;
    const faces = images.flatMap((image, index) => (image.cast ? [`in${before + index + 1}`] : []));
    const cast = images.filter((image) => image.cast).map((image) => ({ name: image.cast, looks: image.description || image.cast }));
    const names = [...faces, ...guides.map((guide) => this.#named(guide, images))];
    return this.ask(wish, images, { ...options, ...(names.length && { references: names }), ...(cast.length && { cast }) });
  }

  /** Asks the same once more, in place of a turn. */
  async again(turn) {
    const { wish, sent, request } = turn;
    this.drop(turn);
    await this.ask(wish, sent, optionsOf(request));
  }

  drop(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
    this.changed();
  }

  cancel() {
    return api.cancel(this.last.answer.id);
  }

  /** Shows the conversation that ends with this answer, and goes on reading it if it is not over; `ask` tells what was asked. */
  async restore(id, ask = known) {
    const ids = [];
    for (let at = id; at; ) {
      const response = await api.response(at).catch((problem) => {
        if (!ids.length) throw problem;
        return {}; // what came long before is no longer kept
      });
      if (response.id) ids.unshift(response.id);
      at = response.previous_response_id;
    }
    this.turns = await Promise.all(ids.map(async (each) => new Turn({ id: each, ...((await ask(each)) ?? {}) })));
    this.changed();
    await Promise.all(this.turns.map((turn) => read(turn, null, this.changed)));
  }

  clear() {
    this.turns = [];
    this.name = "";
    this.changed();
  }

  /** The first picture, where another version of it than the gateway's own was chosen. */
  #otherFace() {
    const first = drawnIn(this.turns).find(({ turn, item }) => turn.shown(item).fileId);
    return first && first.turn.chosen(first.item) > 0 ? first : null;
  }

  /** The name by which a request refers to the shown version of a picture; an image that it has no name for yet joins `sent`. */
  #named({ turn, item }, sent) {
    if (turn.chosen(item) === 0) return item.name;
    const { fileId } = turn.shown(item);
    const before = [...this.turns.flatMap((one) => one.sent), ...sent].filter((image) => !image.again);
    const place = before.findIndex((image) => image.fileId === fileId);
    const name = `in${(place < 0 ? before.length : place) + 1}`;
    sent.push({ fileId, description: item.description, version: turn.chosen(item) + 1, of: item.name, again: place >= 0 });
    return name;
  }
}

/** What was asked, from this browser's memory or, where another one asked, from the gateway. */
async function known(id) {
  const mine = saved(id);
  if (mine.wish !== undefined) return mine;
  return api.asked(id).catch(() => null); // an answer is worth showing without its question
}

/** Fields of a request that a person chose. */
export function optionsOf(request) {
  const { mode, least_images, most_images, size, seed, references, cast } = request ?? {};
  return JSON.parse(JSON.stringify({ mode, least_images, most_images, size, seed, references, cast }));
}

/** Kept going by the gateway if the page is reloaded or closed; pictures come as URLs, with looks on the way. */
export function asStreamed(request) {
  const tools = [{ type: "image_generation", partial_images: 3 }];
  return { ...request, tools, stream: true, background: true, delivery: "url" };
}
