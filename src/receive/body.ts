import express, { type Request, type RequestHandler, type Response } from "express";
import { z } from "zod";

/** Okta states no maximum; a batch of thousands of events still fits. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** unreadable: not received as whole plain bytes within the limit; `status` is what to answer, if anybody listens still. */
type Body = { whole: true; bytes: Buffer } | { whole: false; status: number; reason: string };

const readRaw: RequestHandler = express.raw({ limit: MAX_BODY_BYTES, type: () => true });

/** How body-parser names what it refuses, e.g. 413 `entity.too.large`, 415 `encoding.unsupported`. */
const failureSchema = z.object({ status: z.number().int().min(400).max(499), type: z.string() });

/** Reads the body, bounded before and after decompression. Never rejects. */
export function readBody(request: Request, response: Response): Promise<Body> {
  // body-parser would first wait for all of it.
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
    return Promise.resolve({ whole: false, status: 413, reason: "entity.too.large" });
  }
  return new Promise((resolve) => {
    // body-parser hears of an aborted request only when nothing decompresses in between.
    response.once("close", () => {
      resolve({ whole: false, status: 408, reason: "body not sent whole" });
    });
    readRaw(request, response, (error?: unknown) => {
      resolve(error === undefined ? wholeBody(request.body) : failedBody(error));
    });
  });
}

/** A request without a body has none in Express either; it is then empty bytes. */
function wholeBody(body: unknown): Body {
  return { whole: true, bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0) };
}

function failedBody(error: unknown): Body {
  const failure = failureSchema.safeParse(error);
  // What it does not name is a stream that could not be decompressed.
  if (!failure.success) return { whole: false, status: 400, reason: "body cannot be decompressed" };
  const { status, type } = failure.data;
  return type === "request.aborted"
    ? { whole: false, status: 408, reason: "body not sent whole" }
    : { whole: false, status, reason: type };
}
