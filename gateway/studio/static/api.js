// The gateway's public API, as any other client uses it. What it refuses is thrown as a `Problem`.

/** Whoever a request is sent as: under which name this tab keeps the key, and what a person is told who is asked for it. */
const CLIENT = {
  name: "weaver:key",
  why: "This server asks for an API key.",
  again: "That key is not known here. Check it, and try again.",
};
const OPERATOR = {
  name: "weaver:operator-key",
  why: "Enter the operator's key (GATEWAY_ADMIN_KEY).",
  again: "That is not the operator's key. Check it, and try again.",
};
/** Where the gateway is: this file is one level below it. */
export const ROOT = new URL("../", import.meta.url);
let base = "";
let askForKey = async () => null;

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

/** From now on reads what a share shows, for which no key is needed. */
export const readShare = (share) => (base = `s/${share}/`);

/** How a person is asked for an API key: told why, answers the key or null. */
export const onKeyNeeded = (ask) => (askForKey = ask);

/** Whether a key is being sent. It stays in this tab only. */
export const hasKey = () => sessionStorage.getItem(CLIENT.name) !== null;

/** Whether the operator's key was given in this tab. */
export const isOperator = () => sessionStorage.getItem(OPERATOR.name) !== null;

/** Sends a request; `json` or `form` is its body. A key is asked for where one is needed, and the request sent again. */
export async function call(path, { method, json, form, as = CLIENT } = {}) {
  for (;;) {
    const key = sessionStorage.getItem(as.name);
    const response = await send(path, method, json, form, key);
    if (response.ok) return response;
    const problem = await Problem.of(response);
    if (problem.status !== 401 || !(await newKey(as, key))) throw problem;
  }
}

async function send(path, method, json, form, key) {
  const headers = {};
  if (json) headers["content-type"] = "application/json";
  if (key) headers.authorization = `Bearer ${key}`;
  const body = json ? JSON.stringify(json) : form;
  try {
    // Links are absolute, and this page may stand below a path of its own: what it asks for is beside it.
    return await fetch(new URL(base + path.slice(path.indexOf("/v1/") + 1), ROOT), { method: method ?? (body ? "POST" : "GET"), headers, body });
  } catch {
    throw new Problem("The server cannot be reached.");
  }
}

/** Whether there is another key to try now; several requests that need one share a single question. */
async function newKey(as, tried) {
  if (sessionStorage.getItem(as.name) !== tried) return true;
  as.asking ??= askForKey(tried === null ? as.why : as.again).finally(() => (as.asking = null));
  const key = await as.asking;
  if (key) sessionStorage.setItem(as.name, key);
  else if (as === OPERATOR) sessionStorage.removeItem(as.name);
  return Boolean(key);
}

/** For the operator: what waits in each pool, by tenant and class. */
export const pools = async () => (await (await call("/v1/admin/pools", { as: OPERATOR })).json()).data;

/** For the operator: has a worker finish what it draws and leave. */
export const drain = (pool, worker) =>
  call(`/v1/admin/pools/${encodeURIComponent(pool)}/workers/${encodeURIComponent(worker)}/drain`, { method: "POST", as: OPERATOR });

export const model = async () => (await (await call("/v1/models")).json()).data[0];
export const status = async () => (await call("/v1/status")).json();
export const ask = (body) => call("/v1/responses", { json: body });
export const response = async (id) => (await call(`/v1/responses/${id}`)).json();
export const cancel = (id) => call(`/v1/responses/${id}/cancel`, { method: "POST" });
export const fileUrl = (id) => `/v1/files/${id}/content`;

/** The stored answers of whoever asks, newest first; all of them, a page at a time. */
export async function responses() {
  const found = [];
  for (let page, after = ""; !page || page.has_more; after = `&after=${page.last_id}`) {
    page = await (await call(`/v1/responses?limit=100${after}`)).json();
    found.push(...page.data);
  }
  return found;
}

/**
 * Lets whoever has the link read the story up to this answer, for so many seconds; null for as long as it is kept anyway.
 * `versions` are the files that are shown in the place of the answers' own pictures, by answer and name.
 */
export async function share(id, lastsS, versions) {
  return (await call(`/v1/responses/${id}/share${lastsS ? `?expires_in_s=${lastsS}` : ""}`, { json: { versions } })).json();
}

export const unshare = (id) => call(`/v1/responses/${id}/share`, { method: "DELETE" });
/** Makes a story that another shares one's own; answers the copy's last id. */
export const copyShare = async (share) => (await (await call(`/v1/shares/${share}/copy`, { method: "POST" })).json()).response_id;
/** The finished stories that come with the service. */
export const examples = async () => (await (await call("/v1/examples")).json()).data;
export const copyExample = async (name) => (await (await call(`/v1/examples/${name}/copy`, { method: "POST" })).json()).response_id;

/** What the share shows that is being read. */
export const shared = async () => (await call("/v1/story")).json();

/** The latest stored answers of whoever asks, so many at most. */
export const latest = async (count) => (await (await call(`/v1/responses?limit=${count}`)).json()).data;

export const remove = (id) => call(`/v1/responses/${id}`, { method: "DELETE" });

/** What an answer was asked: `wish`, and the images `sent` with it. */
export async function asked(id) {
  const { data } = await (await call(`/v1/responses/${id}/input_items?limit=1&order=desc`)).json();
  const parts = data[0]?.content ?? [];
  const images = parts.filter((part) => part.type === "input_image" && !part.picture?.startsWith("img"));
  return {
    wish: parts.filter((part) => part.type === "input_text").map((part) => part.text).join("\n"),
    sent: images.map((part) => ({ fileId: null, description: part.description ?? "" })),
  };
}

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
