import type { IncomingMessage } from "node:http";
import { parseJson, type ParsedJson } from "./json.ts";

/** Kestrel's default. */
const MAX_BODY_BYTES = 30_000_000;

/** Whether the request announces more than the server reads. */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES;
}

/** Reads at most 30 MB; throws an ordinary error when the client went away. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  if (announcesTooMuch(request)) return new Body(null);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without destroying the request at the limit, so that it can still be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return new Body(null);
    chunks.push(chunk);
  }
  return new Body(Buffer.concat(chunks, bytes));
}

/** A request body, parsed at most once. */
export class Body {
  readonly isTooLarge: boolean;
  readonly bytes: Buffer;
  #parsed: ParsedJson | null = null;

  /** Null: more than the server reads, and therefore not read. */
  constructor(bytes: Buffer | null) {
    this.isTooLarge = bytes === null;
    this.bytes = bytes ?? Buffer.alloc(0);
  }

  /** A byte order mark is tolerated. */
  json(): ParsedJson {
    this.#parsed ??= parseJson(this.bytes.toString("utf8").replace(/^\uFEFF/, ""));
    return this.#parsed;
  }

  form(): URLSearchParams {
    return new URLSearchParams(this.bytes.toString("utf8"));
  }

  /** What the history shows: JSON, or a form without its secret, or null when it is neither. */
  shown(contentType: string): unknown {
    if (this.bytes.length === 0) return null;
    if (contentType.toLowerCase().startsWith("application/x-www-form-urlencoded")) {
      const form = this.form();
      form.delete("client_secret");
      return Object.fromEntries(form);
    }
    const { value, brokenAt } = this.json();
    return brokenAt === null ? value : null;
  }
}
