import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Exchange {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** For the whole exchange, from connecting to the last byte of the answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

export type ExchangeResult =
  { kind: "answered"; status: number; body: string } | { kind: "timeout" } | { kind: "failed"; reason: string };

const maxAnswerBytes = 64 * 1024;

/** One HTTP call to a hook. Never rejects, follows no redirect, and opens a connection of its own: no stale keep-alive. */
export function exchange(call: Exchange): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const timeout = AbortSignal.timeout(call.timeoutMs);
    const fail = (error: Error) => {
      resolve(timeout.aborted ? { kind: "timeout" } : { kind: "failed", reason: error.message });
    };
    const start = call.url.startsWith("https:") ? httpsRequest : httpRequest;
    const outgoing = start(call.url, {
      method: call.method,
      agent: false,
      headers: { ...call.headers, ...(call.body !== undefined && { "content-length": Buffer.byteLength(call.body) }) },
      signal: AbortSignal.any([timeout, call.signal]),
    });
    outgoing.on("error", fail);
    outgoing.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < maxAnswerBytes) body += chunk;
      });
      response.on("error", fail);
      response.on("end", () => {
        resolve({ kind: "answered", status: response.statusCode ?? 0, body });
      });
    });
    outgoing.end(call.body);
  });
}

/** Okta repeats a call once, and only after a timeout, a broken connection or a 5xx; a 4xx is final. */
export function deservesRetry(result: ExchangeResult): boolean {
  return result.kind !== "answered" || result.status >= 500;
}
