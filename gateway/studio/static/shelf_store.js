// The stories that this browser knows. A story is its answers' ids, the last one being where it goes on.

const NAME = "weaver:shelf";

/** A story on the shelf: `ids`, `title`, `name` (what a person called it), `cover` (a file id), `at` (milliseconds), `gone` (to be deleted). */
const read = () => JSON.parse(localStorage.getItem(NAME) ?? "[]");
const write = (stories) => localStorage.setItem(NAME, JSON.stringify(stories));
const shares = (one, ids) => one.ids.some((id) => ids.includes(id));

/** All of them, the latest first. */
export const stories = () => read().sort((one, other) => other.at - one.at);

/** The story that this answer belongs to. */
export const storyOf = (id) => read().find((one) => one.ids.includes(id));

/** Puts a story as it is now onto the shelf, in the place of what it was; its name stays. */
export function keep({ ids, title, cover }) {
  const all = read();
  const before = all.find((one) => shares(one, ids));
  const known = { name: "", ...before, ids, title, cover: cover ?? before?.cover ?? null, at: before?.ids.at(-1) === ids.at(-1) ? before.at : Date.now() };
  if (JSON.stringify(known) === JSON.stringify(before)) return;
  write([...all.filter((one) => one !== before), known]);
}

export function change(id, fields) {
  write(read().map((one) => (one.ids.includes(id) ? { ...one, ...fields } : one)));
}

export function remove(id) {
  write(read().filter((one) => !one.ids.includes(id)));
}

/** Joins what the gateway lists, newest first, to what this browser knows. */
export function merge(responses) {
  const goneOn = new Set(responses.map((one) => one.previous_response_id));
  const byId = new Map(responses.map((one) => [one.id, one]));
  for (const last of responses.filter((one) => !goneOn.has(one.id)).reverse()) {
    const chain = [];
    for (let at = last; at; at = byId.get(at.previous_response_id)) chain.unshift(at);
    const ids = chain.map((one) => one.id);
    const before = read().find((one) => shares(one, ids));
    if (before?.ids.includes(last.id)) continue;
    const cover = chain.find((one) => one.first_picture)?.first_picture.match(/files\/([^/]+)\/content/)?.[1] ?? null;
    const known = { name: "", ...before, ids, title: chain[0].title, cover, at: 1000 * last.created_at };
    write([...read().filter((one) => one !== before && !shares(one, ids)), known]);
  }
}
