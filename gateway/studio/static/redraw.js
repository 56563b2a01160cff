// Draws a picture once more: the same description and references, another seed, and no planner.

import { Problem, call, fileUrl } from "./api.js";
import { events } from "./sse.js";

/**
 * Draws it anew; answers what is known of the new picture.
 * `references` are the file ids of the images that guided it, `looked` is called with the URL of each look on the way.
 */
export async function redraw(model, picture, references, looked) {
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
  const guided = references.length > 0;
  if (guided) body.images = references.map((id) => ({ file_id: id }));
  const stream = await call(guided ? "/v1/images/edits" : "/v1/images/generations", { json: body });
  for await (const event of events(stream.body)) {
    if (event.type.endsWith(".partial_image")) looked(event.url);
    if (event.type.endsWith(".completed")) return drawn(event, picture);
    if (event.error) throw new Problem(event.error.message, { status: 500, code: event.error.code });
  }
  throw new Problem("The connection broke before the picture was ready.");
}

function drawn(event, { description, references, width, height }) {
  const { seed, worker, model, simulated, timings, file_id: fileId } = event;
  return { description, references, width, height, seed, worker, model, simulated, timings, fileId };
}

/** Where a picture that is done can be fetched. */
export const urlOf = (picture) => fileUrl(picture.fileId);
