import type { IncomingMessage } from "node:http";
import { badModel, Refusal } from "./answers.ts";

/** Kestrel's default. */
const MAX_BODY_BYTES = 30_000_000;
/** MVC's default depth of JSON. */
const MAX_DEPTH = 32;

/** Reads at most 30 MB; throws the 413 beyond, and an ordinary error when the client went away. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without destroying the request at the limit, so that the 413 can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return new Body(Buffer.concat(chunks, bytes));
}

function tooLarge(): Refusal {
  return new Refusal({ status: 413, headers: { Connection: "close" } });
}

/** A request body, parsed at most once. */
export class Body {
  readonly bytes: Buffer;
  #parsed: { json: unknown } | { refusal: unknown } | null = null;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Throws the 400 of JSON binding. */
  json(): unknown {
    this.#parsed ??= attempt(this.bytes);
    if ("refusal" in this.#parsed) throw this.#parsed.refusal;
    return this.#parsed.json;
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
    this.#parsed ??= attempt(this.bytes);
    return "json" in this.#parsed ? this.#parsed.json : null;
  }
}

function attempt(bytes: Buffer): { json: unknown } | { refusal: unknown } {
  try {
    return { json: parseJson(bytes) };
  } catch (refusal) {
    return { refusal };
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw badModel({ "": ["A non-empty request body is required."] });
  if (isTooDeep(body)) {
    throw badModel({ $: [`The maximum configured depth of ${String(MAX_DEPTH)} has been exceeded.`] });
  }
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    // The parser's own words differ from the vendor's anyway; clients must not match on them.
    throw badModel({ $: ["The JSON value is invalid. Path: $ | LineNumber: 0 | BytePositionInLine: 0."] });
  }
}

function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}
