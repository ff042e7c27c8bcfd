import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { validationFailed } from "./errors.ts";
import type { Fault } from "./faults.ts";

const maxBodyBytes = 1024 * 1024;

/** The parsed JSON body, `undefined` for an empty one. Throws the 400 for anything else. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw validationFailed("body", "too large");
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw validationFailed("body", "not JSON");
  }
}

export interface Reply {
  status: number;
  /** `undefined` for an answer without a body. */
  body: unknown;
  headers: Record<string, string | string[]>;
}

export function sendJson(response: ServerResponse, reply: Reply): void {
  const text = reply.body === undefined ? "" : JSON.stringify(reply.body);
  response.writeHead(reply.status, { ...commonHeaders(text), ...reply.headers });
  response.end(text);
}

/** Sends half of the body: as a whole answer (`truncatedJson`), or as one that breaks off (`cutBody`). */
export function sendHalf(response: ServerResponse, reply: Reply, cut: boolean): void {
  const text = JSON.stringify(reply.body);
  const half = text.slice(0, Math.ceil(text.length / 2));
  response.writeHead(reply.status, { ...commonHeaders(cut ? text : half), ...reply.headers });
  if (cut) response.write(half, () => response.destroy());
  else response.end(half);
}

function commonHeaders(text: string): Record<string, string> {
  return {
    ...(text !== "" && { "content-type": "application/json" }),
    "content-length": Buffer.byteLength(text).toFixed(),
    "x-okta-request-id": randomBytes(16).toString("hex"),
    "cache-control": "no-cache, no-store",
  };
}

/** `self` and `next` as two separate Link headers, the way Okta sends them. */
export function linkHeaders(self: URL, next: string | undefined, fault: Fault | undefined): Record<string, string[]> {
  const links = [`<${self.href}>; rel="self"`];
  if (next !== undefined) {
    const following = new URL(self);
    // A cursor already says where to go on; `since` beside it would be refused.
    following.searchParams.delete("since");
    following.searchParams.set("after", next);
    const target =
      fault?.kind === "foreignNext" ? new URL(following.pathname + following.search, fault.origin) : following;
    links.push(`<${target.href}>; rel="next"`);
  }
  return { link: links };
}
