import type { FakeBitwarden } from "./server.ts";

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Null when the body is empty or no JSON. */
  json: unknown;
}

export interface RawInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** A bare client for tests of the emulator: no retries, no checks, one token. */
export interface RawClient {
  get(path: string): Promise<RawAnswer>;
  post(path: string, body?: unknown): Promise<RawAnswer>;
  put(path: string, body: unknown): Promise<RawAnswer>;
  delete(path: string): Promise<RawAnswer>;
  /** Any request below the API base, with the token. */
  send(path: string, init: RawInit): Promise<RawAnswer>;
}

export async function readAnswer(response: Response): Promise<RawAnswer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
  const json: unknown = isJson ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, json };
}

/** Asks for a token; `fields` replace or add form fields. */
export async function askToken(bitwarden: FakeBitwarden, fields: Record<string, string> = {}): Promise<RawAnswer> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "api.organization",
    client_id: bitwarden.clientId,
    client_secret: bitwarden.clientSecret,
    ...fields,
  });
  return readAnswer(await fetch(`${bitwarden.identityUrl}/connect/token`, { method: "POST", body: form }));
}

/** A client whose token comes through the back door, so that the history holds only what the test sends. */
export function rawClient(bitwarden: FakeBitwarden): RawClient {
  const token = bitwarden.admin.issueToken();
  async function send(path: string, init: RawInit): Promise<RawAnswer> {
    const headers = { Authorization: `Bearer ${token}`, ...init.headers };
    return readAnswer(await fetch(`${bitwarden.apiUrl}${path}`, { ...init, headers }));
  }
  function withBody(method: string, path: string, body: unknown): Promise<RawAnswer> {
    const headers = { "Content-Type": "application/json" };
    return send(path, { method, headers, body: JSON.stringify(body) });
  }
  return {
    get: (path) => send(path, {}),
    post: (path, body) => (body === undefined ? send(path, { method: "POST" }) : withBody("POST", path, body)),
    put: (path, body) => withBody("PUT", path, body),
    delete: (path) => send(path, { method: "DELETE" }),
    send,
  };
}

/** An import payload from short forms: `members` as e-mail by external id. */
export function importOf(
  members: Record<string, string>,
  groups: { name: string; externalId: string; memberExternalIds: string[] }[] = [],
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  const items = Object.entries(members).map(([externalId, email]) => ({ externalId, email, deleted: false }));
  return { members: items, groups, overwriteExisting: false, ...rest };
}
