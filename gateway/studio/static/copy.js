// A turn as a program: the same request for curl and for OpenAI's Python client. Keys are never copied.

import { hasKey } from "./api.js";
import { asStreamed } from "./story.js";

// What OpenAI's client knows by itself; all else goes through `extra_body`.
const OPENAIS = ["model", "input", "previous_response_id", "tools", "stream"];

export const copyAsCurl = (turn, say) => copy(curl(turn.request), "curl", say);
export const copyAsPython = (turn, say) => copy(python(turn.request), "Python", say);

/** The request as a command. */
function curl(request) {
  const { background: _, ...body } = asStreamed(request);
  const key = hasKey() ? ' -H "authorization: Bearer $API_KEY"' : "";
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl -sN ${location.origin}/v1/responses${key} -H 'content-type: application/json' -d '${json}'\n`;
}

/** The request as a script that prints text as it comes and saves the pictures. */
function python(request) {
  const own = Object.entries(request).filter(([name]) => OPENAIS.includes(name));
  const extra = Object.fromEntries(Object.entries(request).filter(([name]) => !OPENAIS.includes(name)));
  if (Object.keys(extra).length) own.push(["extra_body", extra]);
  const values = own.map(([name, value]) => `    ${name}=${literal(value)},`);
  const key = hasKey() ? 'os.environ["API_KEY"]' : '"none"';
  return `import base64
${hasKey() ? "import os\n" : ""}
from openai import OpenAI

client = OpenAI(base_url="${location.origin}/v1", api_key=${key})
with client.responses.stream(
${values.join("\n")}
) as stream:
    for event in stream:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
    answer = stream.get_final_response()
for number, item in enumerate(answer.output):
    if item.type == "image_generation_call" and item.result:
        with open(f"picture-{number}.png", "wb") as file:
            file.write(base64.b64decode(item.result))
`;
}

/** A value as Python writes it. Of JSON's words only three differ, and requests here hold none of them but in texts. */
const literal = (value) => JSON.stringify(value);

async function copy(text, language, say) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyWithoutClipboard(text); // pages that come by plain http from another machine have no clipboard
  }
  say(`Copied as ${language}.`);
}

function copyWithoutClipboard(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
