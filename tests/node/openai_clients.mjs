// What OpenAI's own client makes of our answers, streamed and whole; prints it as JSON.
import OpenAI from "openai";

const [url] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0, timeout: 240_000 });
const model = (await client.models.list()).data[0].id;
const input = "A story about a fox, with 2 pictures.";
// Always the same answer, of two pictures.
const how = { temperature: 0, seed: 11, least_images: 2, most_images: 2 };
const messages = [{ role: "user", content: input }];

const ofResponse = (response) =>
  response.output.map((item) => (item.type === "message" ? item.content[0].text : item.result));

const response = await client.responses.create({ model, input, ...how });
let responseStreamed;
for await (const event of await client.responses.create({ model, input, ...how, stream: true })) {
  if (event.type === "response.completed") responseStreamed = event.response;
}

const chat = await client.chat.completions.create({ model, messages, ...how });
let content = "";
const images = [];
for await (const chunk of await client.chat.completions.create({ model, messages, ...how, stream: true })) {
  const delta = chunk.choices[0]?.delta ?? {};
  content += delta.content ?? "";
  images.push(...(delta.images ?? []));
}

const generated = await client.images.generate({ model, prompt: "a fox", n: 2 });
const drawn = [];
for await (const event of await client.images.generate({ model, prompt: "a fox", stream: true, partial_images: 1 })) {
  drawn.push(event.type);
}

let refused;
try {
  await client.responses.create({ model, input, most_image: 1 });
} catch (error) {
  refused = { status: error.status, code: error.code, param: error.param };
}

console.log(
  JSON.stringify({
    response: ofResponse(response),
    responseStreamed: ofResponse(responseStreamed),
    chat: { content: chat.choices[0].message.content, images: chat.choices[0].message.images.map((image) => image.image_url.url) },
    chatStreamed: { content, images: images.map((image) => image.image_url.url) },
    generated: generated.data.map((image) => image.b64_json),
    drawn,
    refused,
  }),
);
