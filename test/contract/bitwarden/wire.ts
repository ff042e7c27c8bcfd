import { request, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** JSON where it is some, else the text; null when empty. */
  body: unknown;
}

export interface WireRequest {
  method: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Bodies above this ask first whether they may be sent, as curl does. */
const ASKS_FIRST_BYTES = 1_000_000;

/** One exchange, without anything that a smarter client adds. Rejects when no answer comes. */
export async function send(url: string, { method, headers, body }: WireRequest): Promise<WireAnswer> {
  const bytes = body === null ? null : Buffer.from(body);
  const all: Record<string, string> = { ...headers };
  if (bytes !== null || method === "POST" || method === "PUT") all["content-length"] = String(bytes?.length ?? 0);
  const asksFirst = bytes !== null && bytes.length > ASKS_FIRST_BYTES;
  if (asksFirst) all["expect"] = "100-continue";
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: all }, (response) => {
      text(response).then((read) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: jsonOr(read) });
        if (asksFirst) sent.destroy();
      }, reject);
    });
    sent.on("error", reject);
    if (asksFirst) {
      sent.on("continue", () => sent.end(bytes));
      sent.flushHeaders();
    } else sent.end(bytes ?? undefined);
  });
}

function jsonOr(read: string): unknown {
  if (read === "") return null;
  try {
    return JSON.parse(read) as unknown;
  } catch {
    return read;
  }
}
