// What this browser remembers of a turn beyond what the gateway tells: the words, the images sent, the pictures drawn anew.

const PREFIX = "weaver:turn:";

export function save(turn) {
  const { wish, sent, request, redrawn, settled } = turn;
  const picked = [...turn.picked];
  const text = JSON.stringify({ wish, sent, request, redrawn, picked, settled: [...settled], at: Date.now() });
  localStorage.setItem(PREFIX + turn.answer.id, text);
}

/** What is remembered of the turn with this answer; nothing of one that was asked elsewhere. */
export const saved = (id) => JSON.parse(localStorage.getItem(PREFIX + id) ?? "{}");

export const forget = (id) => localStorage.removeItem(PREFIX + id);

/** Lets go of turns that the gateway no longer keeps, which it does for `keptS` seconds, unless `kept` says that they stay. */
export function forgetOld(keptS, kept) {
  const ids = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  for (const id of ids) {
    if (Date.now() - saved(id).at >= 1000 * keptS && !kept(id)) forget(id);
  }
}
