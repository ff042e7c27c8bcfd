import { once } from "node:events";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Directory } from "../../src/directories/directory.ts";
import type { OktaOptions } from "../../src/directories/okta/okta.ts";
import { openOkta } from "../../src/directories/okta/okta.ts";

interface Asked {
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

interface Answer {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** An HTTP server that answers what the test says; `asked` holds every request in order. */
export interface Stub extends AsyncDisposable {
  url: string;
  asked: Asked[];
}

/** `answer` returns what to send, or null to answer by itself (or never). */
export async function startStub(answer: (asked: Asked, response: ServerResponse) => Answer | null): Promise<Stub> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://stub");
    const one = { path: url.pathname, query: url.searchParams, headers: request.headers };
    asked.push(one);
    const reply = answer(one, response);
    if (reply === null) return;
    const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port.toString()}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const TOKEN = "00abcdefghijklmnopqrstuvwxyz0123456789ABCD";
export const NEVER = new AbortController().signal;

export function open(stub: Stub, options: Partial<OktaOptions> = {}): Promise<Directory> {
  return openOkta({ connection: "okta-main", orgUrl: stub.url, token: TOKEN, users: true, groups: true, ...options });
}

/** `userId(7)` is the same every time, and shaped like Okta's. */
export function userId(n: number): string {
  return `00u${n.toString().padStart(17, "0")}`;
}

export function groupId(n: number): string {
  return `00g${n.toString().padStart(17, "0")}`;
}

export function user(n: number, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const email = `user${n.toString()}@example.com`;
  return { id: userId(n), status: "ACTIVE", profile: { login: email, email }, ...fields };
}

export function group(n: number, name: string): Record<string, unknown> {
  return { id: groupId(n), type: "OKTA_GROUP", profile: { name } };
}

export function nextLink(url: string): Record<string, string> {
  return { link: `<${url}>; rel="next"` };
}

export const NOT_FOUND: Answer = { status: 404, body: { errorCode: "E0000007", errorSummary: "Not found" } };

/** Everything a snapshot yields, and its proof. */
export async function readAll(directory: Directory): Promise<{ users: string[]; groups: string[]; evidence: string }> {
  const users: string[] = [];
  const groups: string[] = [];
  const pages = directory.snapshot(NEVER);
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return { users, groups, evidence: step.value.evidence };
    if (step.value.kind === "users") users.push(...step.value.users.map(({ key, state }) => `${key} ${state}`));
    else if (step.value.kind === "groups")
      groups.push(...step.value.groups.map(({ group: { name, state } }) => `${name} ${state}`));
  }
}
