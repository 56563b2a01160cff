// The gateway's public API, as any other client uses it. What it refuses is thrown as a `Problem`.

const KEY = "weaver:key";
let askForKey = async () => null;
let asking = null;

/** Why a request was refused: HTTP status (0: nobody answered), code, field, and the seconds after which to come back. */
export class Problem extends Error {
  constructor(message, { status = 0, code = "unreachable", param = null, retryAfter = null } = {}) {
    super(message);
    Object.assign(this, { status, code, param, retryAfter });
  }

  static async of(response) {
    const body = await response.json().catch(() => null);
    const error = body?.error ?? {};
    return new Problem(error.message ?? body?.detail ?? `The gateway answered ${response.status}.`, {
      status: response.status,
      code: error.code ?? "unknown",
      param: error.param ?? null,
      retryAfter: Number(response.headers.get("retry-after")) || null,
    });
  }
}

/** How a person is asked for an API key: told why, answers the key or null. */
export const onKeyNeeded = (ask) => (askForKey = ask);

/** Whether a key is being sent. It stays in this tab only. */
export const hasKey = () => sessionStorage.getItem(KEY) !== null;

/** Sends a request; `json` or `form` is its body. A key is asked for where one is needed, and the request sent again. */
export async function call(path, { method, json, form } = {}) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const response = await send(path, method, json, form, key);
    if (response.ok) return response;
    const problem = await Problem.of(response);
    if (problem.status !== 401 || !(await newKey(problem, key))) throw problem;
  }
}

async function send(path, method, json, form, key) {
  const headers = {};
  if (json) headers["content-type"] = "application/json";
  if (key) headers.authorization = `Bearer ${key}`;
  const body = json ? JSON.stringify(json) : form;
  try {
    // Links are absolute, and this page may stand below a path of its own: what it asks for is beside it.
    return await fetch(path.slice(path.indexOf("/v1/") + 1), { method: method ?? (body ? "POST" : "GET"), headers, body });
  } catch {
    throw new Problem("The gateway cannot be reached.");
  }
}

/** Whether there is another key to try now; several requests that need one share a single question. */
async function newKey(problem, tried) {
  if (sessionStorage.getItem(KEY) !== tried) return true;
  asking ??= askForKey(tried === null ? "This gateway asks for an API key." : problem.message).finally(
    () => (asking = null),
  );
  const key = await asking;
  if (key) sessionStorage.setItem(KEY, key);
  return Boolean(key);
}

export const model = async () => (await (await call("/v1/models")).json()).data[0];
export const status = async () => (await call("/v1/status")).json();
export const ask = (body) => call("/v1/responses", { json: body });
export const response = async (id) => (await call(`/v1/responses/${id}`)).json();
export const cancel = (id) => call(`/v1/responses/${id}/cancel`, { method: "POST" });
export const fileUrl = (id) => `/v1/files/${id}/content`;

/** The events of a response after the one numbered `after`; -1 for all of them. */
export function resume(id, after) {
  const from = after < 0 ? "" : `&starting_after=${after}`;
  return call(`/v1/responses/${id}?stream=true${from}`);
}

/** Keeps an image for use in requests; answers its file id. */
export async function upload(file) {
  const form = new FormData();
  form.append("purpose", "vision");
  form.append("file", file, file.name || "pasted.png");
  return (await (await call("/v1/files", { form })).json()).id;
}
