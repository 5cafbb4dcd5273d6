/* The service's HTTP API. The key is sent with every request and kept nowhere here. */

const BASE = new URL("../../", import.meta.url);

/* What the service said when it refused (RFC 9457), or status 0 when it could not be reached. */
export class Problem extends Error {
  constructor(status, title, detail = "") {
    super(title);
    this.status = status;
    this.title = title;
    this.detail = detail;
  }

  static of(data, status = 0) {
    const fields = Array.isArray(data?.errors) ? data.errors.map((fault) => `${fault.field}: ${fault.detail}`) : [];
    return new Problem(data?.status ?? status, data?.title ?? "", [data?.detail, ...fields].filter(Boolean).join(" · "));
  }
}

/* The response to a request; throws a Problem unless it is a success. */
export async function open(key, path, { method = "GET", body, once, accept = "application/json", signal } = {}) {
  const headers = { Authorization: `Bearer ${key}`, Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = once;
  let response;
  try {
    response = await fetch(new URL(path, BASE), {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit", cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "");
  }
  if (!response.ok) throw Problem.of(await response.json().catch(() => null), response.status);
  return response;
}

/* The JSON of the answer. */
export const ask = async (key, path, options) => (await open(key, path, options)).json();

/* A key under which the service carries a request out once, however often it is sent. */
export function newOnce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
