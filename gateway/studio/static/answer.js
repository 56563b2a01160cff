// One answer as far as it has come: its events, in order, folded into items of text and pictures.

const CALL = "response.image_generation_call.";
const WRITTEN = /^response\.output_text|item\.added$/;
const ENDS = ["completed", "incomplete", "failed", "cancelled"];

/** An answer of which nothing is known. Times are Unix seconds; `skew` is how far this clock is ahead of the gateway's. */
export function nothingYet(id = null) {
  return {
    id,
    status: "asking",
    items: [],
    last: -1,
    skew: Infinity,
    began: null,
    wroteAt: null,
    planEnded: null,
    ended: null,
    usage: null,
    timeline: null,
    error: null,
  };
}

export const isOver = (answer) => ENDS.includes(answer.status);
export const picturesOf = (answer) => answer.items.filter((item) => item.kind === "picture");

/** Takes one more event in. */
export function apply(answer, event) {
  if (event.type === "error") return;
  answer.last = event.sequence_number;
  answer.skew = Math.min(answer.skew, Date.now() / 1000 - event.at);
  if (event.response) return applyResponse(answer, event);
  if (WRITTEN.test(event.type) || event.state === "described") answer.wroteAt = event.at;
  const item = answer.items[event.output_index];
  if (event.type === "response.output_item.added") answer.items[event.output_index] = opened(event);
  else if (item.kind === "text") applyText(item, event);
  else applyPicture(item, event);
}

function applyResponse(answer, { response, at }) {
  answer.id = response.id;
  answer.status = response.status;
  answer.began ??= at;
  if (!isOver(answer)) return;
  answer.ended = at;
  answer.usage = response.usage;
  answer.timeline = response.timeline;
  answer.planEnded = response.timeline?.plan_ended ?? null;
  answer.error = response.error;
}

function opened({ item, at }) {
  if (item.type === "message") return { kind: "text", text: "", done: false };
  return { kind: "picture", state: "opened", previews: [], references: [], step: 0, of: 0, at: { opened: at }, ...pictureFields(item) };
}

function applyText(item, event) {
  if (event.type === "response.output_text.delta") item.text += event.delta;
  if (event.type === "response.output_text.done") Object.assign(item, { text: event.text, done: true });
}

function applyPicture(item, event) {
  switch (event.type) {
    case `${CALL}in_progress`:
      item.at[event.state] = event.at;
      return Object.assign(item, { state: event.state }, waiting(event));
    case `${CALL}generating`:
      if (event.step === 0) item.at.started = event.at;
      return Object.assign(item, { state: "drawing", attempt: event.attempt, worker: event.worker, step: event.step, of: event.of });
    case `${CALL}partial_image`:
      if (event.url) item.previews.push(event.url);
      return item;
    case "response.output_item.done":
      item.at.done = event.at;
      return Object.assign(item, pictureFields(event.item), { state: event.item.status === "completed" ? "done" : "failed" });
  }
}

/** What is new about a picture that nobody draws yet. */
function waiting({ state, description, seed, size, references, missing_references: missing }) {
  if (state === "described") return { description, seed, ...measured(size) };
  return state === "queued" ? { references, missing } : {};
}

/** What an output item says of a picture. */
function pictureFields(item) {
  const { picture, description, references, missing_references: missing, seed, width, height } = item;
  const { file_id: fileId, worker, model, simulated, timings, error } = item;
  return { name: picture, description, references, missing, seed, width, height, fileId, worker, model, simulated, timings, error };
}

function measured(size) {
  const [width, height] = (size ?? "").split("x").map(Number);
  return { width, height };
}
