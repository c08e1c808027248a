// The API's client: one place for the CSRF token, for words of errors, and for what happens when the server is away.
import { start } from "./start.js";

const BASE = `${start.root ?? ""}/api/v1`;

export class ApiError extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

// Listeners hear of every change between working and away, with words.
const listeners = new Set();
let trouble = "";
export const onTrouble = (call) => listeners.add(call);

function setTrouble(words) {
  if (words === trouble) return;
  trouble = words;
  for (const call of listeners) call(words);
}

export const get = (path, query) => request("GET", path, { query });
export const post = (path, body, query) => request("POST", path, { body, query });
export const put = (path, body) => request("PUT", path, { body });
export const del = (path) => request("DELETE", path, {});

// Sends, and keeps what comes back as a file.
export async function download(path, body, name) {
  const response = await send("POST", path, { body });
  const address = URL.createObjectURL(await response.blob());
  const a = document.createElement("a");
  Object.assign(a, { href: address, download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function link(path, query) {
  const text = query === undefined ? "" : new URLSearchParams(query).toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

async function request(method, path, given) {
  const response = await send(method, path, given);
  return response.status === 204 ? null : response.json();
}

async function send(method, path, { query, body }) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = start.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(link(path, query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-cache",
    });
  } catch {
    setTrouble("The web server can't be reached; trying again.");
    throw new ApiError(0, "the web server can't be reached");
  }
  if (response.status === 401) {
    const here = location.pathname + location.search;
    location.assign(`${start.root}/login?next=${encodeURIComponent(here)}`);
  }
  const words = response.ok ? "" : await detail(response);
  setTrouble(response.status === 503 ? `${words}; trying again.` : "");
  if (!response.ok) throw new ApiError(response.status, words);
  return response;
}

async function detail(response) {
  try {
    const problem = await response.json();
    return problem.detail ?? `the server answered ${response.status}`;
  } catch {
    return `the server answered ${response.status}`;
  }
}
