// Reads the answer of a turn to its end, whatever happens on the way; what cannot be helped stands in the turn.

import { Problem } from "./api.js";
import { follow } from "./follow.js";
import { save } from "./saved.js";

/** `begin` asks for the answer, null if it was asked for already; `changed` is called whenever there is something new. */
export async function read(turn, begin, changed) {
  try {
    const stream = begin && (await begin());
    await follow(turn.answer, stream, (lost) => {
      turn.lost = lost;
      if (turn.answer.last <= 1 && begin) save(turn);
      changed();
    });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    turn.problem = problem;
  }
  changed();
}
