// The conversation on the page: its turns, and all that can be done with them. It knows the API and no elements.

import * as api from "./api.js";
import { isOver, picturesOf } from "./answer.js";
import { follow } from "./follow.js";
import { redraw } from "./redraw.js";
import { save, saved } from "./saved.js";
import { label } from "./timing.js";
import { Turn } from "./turn.js";

export class Story {
  turns = [];
  /** As /v1/models tells it; what is asked before it is known goes to whatever model there is. */
  model = null;

  /** `changed` is called whenever something on the page may look different, `say` with what is worth telling. */
  constructor(changed, say) {
    Object.assign(this, { changed, say });
  }

  get last() {
    return this.turns.at(-1);
  }

  busy() {
    return Boolean(this.last && !this.last.problem && !isOver(this.last.answer));
  }

  /** Asks; `sent` are images already kept by the gateway, `options` fields of the request. */
  async ask(wish, sent = [], options = {}) {
    const previous = this.turns.findLast((turn) => turn.answer.id)?.answer.id;
    const content = sent.map(({ fileId, description }) => ({ type: "input_image", file_id: fileId, ...(description && { description }) }));
    const said = wish ? [{ type: "input_text", text: wish }] : [];
    const request = {
      ...(this.model && { model: this.model.id }),
      input: sent.length ? [{ role: "user", content: [...content, ...said] }] : wish,
      ...(previous && { previous_response_id: previous }),
      ...options,
    };
    const turn = new Turn({ wish, sent, request, live: true });
    this.turns.push(turn);
    this.changed();
    await this.#read(turn, () => api.ask(asStreamed(request)));
  }

  /** Asks for a picture of the conversation with a change. */
  edit(item, words) {
    const alone = this.turns.flatMap((turn) => picturesOf(turn.answer)).length === 1;
    const wish = alone ? words : `${words.replace(/[.\s]+$/, "")} in ${item.name}`;
    return this.ask(wish, [], { mode: "image", references: [item.name] });
  }

  /** Asks the same once more, in place of a turn that failed. */
  async again(turn) {
    this.drop(turn);
    const { mode, least_images, most_images, size, seed, references } = turn.request ?? {};
    const options = { mode, least_images, most_images, size, seed, references };
    await this.ask(turn.wish, turn.sent, JSON.parse(JSON.stringify(options)));
  }

  drop(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
    this.changed();
  }

  async redraw(turn, item) {
    const guides = (item.references ?? []).map((used) => this.find(used.id)?.fileId).filter(Boolean);
    turn.redrawing.set(item.name, { look: null });
    this.changed();
    try {
      const looked = (look) => (turn.redrawing.set(item.name, { look }), this.changed());
      const drawn = await redraw(this.model?.id, item, guides, looked);
      (turn.redrawn[item.name] ??= []).push(drawn);
      turn.picked.delete(item.name);
      save(turn);
    } catch (problem) {
      turn.redrawing.set(item.name, { problem }); // told on the card
      return this.changed();
    }
    turn.redrawing.delete(item.name);
    this.say(`${label(item.name)} is drawn anew.`);
    this.changed();
  }

  choose(turn, item, version) {
    turn.picked.set(item.name, version);
    this.changed();
  }

  cancel() {
    return api.cancel(this.last.answer.id);
  }

  /** Where the image named `img2` or `in1` is: its turn and the file it is kept as. */
  find(name) {
    const drawn = this.turns.flatMap((turn) => picturesOf(turn.answer).map((item) => ({ turn, item })));
    const found = drawn.find(({ item }) => item.name === name);
    if (found) return { turn: found.turn, fileId: found.turn.shown(found.item).fileId };
    const sent = this.turns.flatMap((turn) => turn.sent.map((image) => ({ turn, fileId: image.fileId })));
    return name.startsWith("in") ? sent[Number(name.slice(2)) - 1] : undefined;
  }

  /** Shows the conversation that ends with this answer, and goes on reading it if it is not over. */
  async restore(id) {
    const ids = [];
    for (let at = id; at; ) {
      const response = await api.response(at).catch((problem) => {
        if (!ids.length) throw problem;
        return {}; // what came long before is no longer kept
      });
      if (response.id) ids.unshift(response.id);
      at = response.previous_response_id;
    }
    this.turns = ids.map((each) => new Turn({ id: each, ...saved(each) }));
    this.changed();
    await Promise.all(this.turns.map((turn) => this.#read(turn, null)));
  }

  clear() {
    this.turns = [];
    this.changed();
  }

  async #read(turn, begin) {
    try {
      const stream = begin && (await begin());
      await follow(turn.answer, stream, (lost) => {
        turn.lost = lost;
        if (turn.answer.last <= 1 && begin) save(turn);
        this.changed();
      });
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      turn.problem = problem;
    }
    this.changed();
  }
}

/** Kept going by the gateway if the page is reloaded or closed; pictures come as URLs, with looks on the way. */
export function asStreamed(request) {
  const tools = [{ type: "image_generation", partial_images: 3 }];
  return { ...request, tools, stream: true, background: true, delivery: "url" };
}

