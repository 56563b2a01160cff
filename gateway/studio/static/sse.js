// Reads server-sent events from the body of an answer; EventSource cannot, for it neither posts nor sends a key.

/** The data of each event as an object, as they come; ends with the body, and throws if the connection breaks. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("data: ") && line !== "data: [DONE]") yield JSON.parse(line.slice(6));
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // a broken connection cannot be cancelled, and need not be
  }
}
