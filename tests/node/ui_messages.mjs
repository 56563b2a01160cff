// What the AI SDK's own transport and parser make of two turns of a chat; prints it as JSON.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [url] = process.argv.slice(2);
const transport = new DefaultChatTransport({
  api: `${url}/v1/ui-messages`,
  body: { partial_images: 1, temperature: 0, seed: 11 },
});
const messages = [];
const turns = [];

for (const text of ["A story about a fox, with 2 pictures.", "Give her a blue scarf."]) {
  messages.push({ id: `user-${turns.length}`, role: "user", parts: [{ type: "text", text }] });
  const chunks = await transport.sendMessages({
    trigger: "submit-message",
    chatId: "chat-1",
    messageId: undefined,
    messages,
    abortSignal: AbortSignal.timeout(240_000),
  });
  const transient = [];
  const watched = chunks.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        if (chunk.transient) transient.push(chunk.type);
        controller.enqueue(chunk);
      },
    }),
  );
  const stream = readUIMessageStream({ stream: watched, terminateOnError: true });
  let answer;
  for await (const message of stream) answer = message;
  messages.push(answer);
  turns.push({ answer, transient });
}

console.log(JSON.stringify(turns));
