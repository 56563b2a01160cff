// What this browser remembers of a turn beyond what the gateway tells: the words, the images sent, the pictures drawn anew.

const PREFIX = "weaver:turn:";
// As long as the gateway keeps answers, unless its operator says otherwise.
const KEPT_MS = 24 * 3600 * 1000;

export function save(turn) {
  const { wish, sent, request, redrawn } = turn;
  localStorage.setItem(PREFIX + turn.answer.id, JSON.stringify({ wish, sent, request, redrawn, at: Date.now() }));
}

/** What is remembered of the turn with this answer; nothing of one that was asked elsewhere. */
export function saved(id) {
  return JSON.parse(localStorage.getItem(PREFIX + id) ?? "{}");
}

export function forgetOld() {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    if (!(Date.now() - JSON.parse(localStorage.getItem(name)).at < KEPT_MS)) localStorage.removeItem(name);
  }
}
