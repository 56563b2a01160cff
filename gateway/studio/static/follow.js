// Reads an answer to its end, however often the connection breaks on the way.

import { Problem, resume } from "./api.js";
import { apply, isOver } from "./answer.js";
import { events } from "./sse.js";

const MOST_TRIES = 8;
const LONGEST_PAUSE_MS = 8000;

/**
 * Takes the events of an answer in until it is over.
 * `stream` is the answer to the request that began it, or null to read it by its id; `changed` is called after each event, and
 * with `true` while the connection is lost.
 */
export async function follow(answer, stream, changed) {
  for (let tries = 0; !isOver(answer); tries++) {
    if (tries > MOST_TRIES) throw new Problem("The connection to this answer is lost.");
    if (tries) {
      changed(true);
      await pause(Math.min(250 * 2 ** tries, LONGEST_PAUSE_MS));
    }
    try {
      stream ??= await resume(answer.id, answer.last);
      for await (const event of events(stream.body)) {
        if (event.type !== "error") tries = 0;
        apply(answer, event);
        changed(false);
      }
    } catch (error) {
      if (error instanceof Problem && error.status && error.status < 500) throw error;
      if (answer.id === null) throw new Problem("The connection broke before the answer began.");
    }
    stream = null;
  }
}

const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));
