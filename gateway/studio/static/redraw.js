// Draws a picture once more: the same description and references, another seed, and no planner.

import { Problem, call, fileUrl } from "./api.js";
import { events } from "./sse.js";

/**
 * Draws it anew; answers what is known of the new picture.
 * `guides` are the images that guide it (`id`, `fileId`), `looked` is called with the URL of each look on the way.
 */
export async function redraw(model, picture, guides, looked) {
  const body = {
    model,
    prompt: picture.description,
    planner: false,
    size: `${picture.width}x${picture.height}`,
    seed: Math.floor(Math.random() * 2 ** 32),
    response_format: "url",
    stream: true,
    partial_images: 3,
  };
  const guided = guides.length > 0;
  if (guided) body.images = guides.map(({ fileId }) => ({ file_id: fileId }));
  const stream = await call(guided ? "/v1/images/edits" : "/v1/images/generations", { json: body });
  for await (const event of events(stream.body)) {
    if (event.type.endsWith(".partial_image")) looked(event.url);
    if (event.type.endsWith(".completed")) return drawn(event, picture, guides);
    if (event.error) throw new Problem(event.error.message, { status: 500, code: event.error.code });
  }
  throw new Problem("The connection broke before the picture was ready.");
}

function drawn(event, { description, width, height, references: before }, guides) {
  const { seed, worker, model, simulated, timings, file_id: fileId } = event;
  const references = guides.map(({ id }) => before?.find((used) => used.id === id) ?? { id });
  return { description, references, guides, width, height, seed, worker, model, simulated, timings, fileId };
}

/** Where a picture that is done can be fetched. */
export const urlOf = (picture) => fileUrl(picture.fileId);
