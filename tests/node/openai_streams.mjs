// What the stream helpers of OpenAI's own client make of our answers; prints it as JSON. With a second argument, `cancel`, it cancels
// its one answer as soon as a picture is on its way.
import OpenAI from "openai";

const [url, cancel] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0, timeout: 240_000 });
const model = (await client.models.list()).data[0].id;
const input = "A story about a fox, with 2 pictures.";
// Always the same answer, of two pictures.
const how = { temperature: 0, seed: 11, least_images: 2, most_images: 2 };
const ask = { model, input, ...how };

const shown = (item) => (item.type === "message" ? item.content[0].text : item.result);

async function read(stream, act = () => {}) {
  const events = [];
  for await (const event of stream) {
    events.push(event);
    await act(event);
  }
  const { id, status, output } = await stream.finalResponse();
  return {
    id,
    status,
    shown: output.map(shown),
    numbers: events.map((event) => event.sequence_number),
    types: events.map((event) => event.type),
    states: events.map((event) => event.state).filter(Boolean),
  };
}

if (cancel) {
  let id;
  const told = await read(client.responses.stream(ask), async (event) => {
    id ??= event.response.id;
    if (event.state === "queued") await client.responses.cancel(id);
  });
  console.log(JSON.stringify(told));
} else {
  const streamed = await read(client.responses.stream(ask));
  const resumed = await read(client.responses.stream({ response_id: streamed.id, starting_after: 9 }));
  const chat = client.chat.completions.stream({ model, messages: [{ role: "user", content: input }], ...how });
  console.log(JSON.stringify({ streamed, resumed, chat: await chat.finalContent() }));
}
