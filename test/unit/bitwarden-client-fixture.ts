import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

import { openBitwarden } from "../../src/bitwarden/client.ts";
import type { BitwardenOptions } from "../../src/bitwarden/client.ts";
import { BridgeError } from "../../src/domain/errors.ts";

export const MEMBER_ID = "11111111-2222-4333-8444-555555555555";
export const OTHER_ID = "99999999-2222-4333-8444-555555555555";
export const SECRET = "the-organizations-api-key-1234";

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  atMs: number;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Answers one request; undefined: an empty 200. Taking the response itself in hand is allowed, too. */
export type Script = (seen: Seen, response: ServerResponse) => Reply | undefined | Promise<Reply | undefined>;

/** A Bitwarden of a few lines: hands out tokens `token-1`, `token-2` … and answers the rest from a script. */
export async function startScript(script: Script, token?: Script) {
  const seen: Seen[] = [];
  let tokens = 0;
  const server = createServer((request, response) => {
    void read(request).then(async (body) => {
      const entry = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        atMs: performance.now(),
      };
      seen.push(entry);
      const isToken = entry.path === "/identity/connect/token";
      if (isToken) tokens += 1;
      const standard: Reply = { body: { access_token: `token-${String(tokens)}`, expires_in: 3600 } };
      const reply = isToken ? await (token ?? (() => standard))(entry, response) : await script(entry, response);
      if (response.writableEnded || response.destroyed) return;
      const text =
        reply?.body === undefined ? "" : typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
      response.writeHead(reply?.status ?? 200, { "content-type": "application/json", ...reply?.headers }).end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${String(port)}`;
  return {
    url,
    seen,
    /** Requests to the API, without those for tokens. */
    calls: () => seen.filter((entry) => entry.path !== "/identity/connect/token"),
    tokensAsked: () => tokens,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** A client of that server, wide open unless told otherwise. */
export function clientOf(server: { url: string }, options: Partial<BitwardenOptions> = {}) {
  return openBitwarden({
    organization: "acme",
    apiUrl: `${server.url}/api`,
    identityUrl: `${server.url}/identity`,
    clientId: "organization.00000000-0000-4000-8000-000000000000",
    clientSecret: () => SECRET,
    pace: "open",
    deviceIdentifier: "7d1e3c1e-7f0b-4a7c-9a53-111111111111",
    ...options,
  });
}

/** The BridgeError with which a call fails; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<BridgeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}

export function member(more: object = {}): object {
  const plain = {
    object: "member",
    id: MEMBER_ID,
    userId: null,
    name: null,
    email: "ann@example.com",
    type: 2,
    status: 0,
  };
  return { ...plain, externalId: null, permissions: null, collections: [], ...more };
}

/** What one call sends to a server that always answers the same, and what comes of it. */
export async function sent<T>(reply: Reply, call: (client: ReturnType<typeof clientOf>) => Promise<T>) {
  await using server = await startScript(() => reply);
  await using client = clientOf(server);
  const result = await call(client);
  const [first] = server.calls();
  return {
    result,
    line: `${first?.method ?? ""} ${first?.path ?? ""}`,
    body: first?.body ?? "",
    calls: server.calls().length,
  };
}

/** How Bitwarden refuses. */
export function refusal(message: string, errors: Record<string, string[]> | null = null): Reply {
  return { status: 400, body: { object: "error", message, errors } };
}
