import { getCACertificates } from "node:tls";

import { Agent } from "undici";
import type { Dispatcher } from "undici";

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body?: string;
  /** From here to the last byte of the answer, connecting included. */
  timeoutMs: number;
  /** A successful answer that is larger counts as not answered. */
  maxBodyBytes: number;
}

/** The server's answer. */
export interface Answer {
  answered: true;
  status: number;
  contentType: string;
  retryAfter: string | undefined;
  body: string;
}

/** No whole answer arrived. `sent` false is a promise: not one byte of the request left, nor ever will. */
export interface Unanswered {
  answered: false;
  sent: boolean;
  timedOut: boolean;
  reason: string;
  cause: unknown;
}

export type HttpResult = Answer | Unanswered;

/** One HTTP exchange at a time over kept-alive connections; redirects are answers, never followed. */
export interface Http extends AsyncDisposable {
  /** Never rejects. Disposal ends what is under way as unanswered. */
  send(request: HttpRequest): Promise<HttpResult>;
}

/** Enough for the validation errors of an import of 2,000 people; the rest of an error body is dropped. */
const MAX_ERROR_BODY_BYTES = 1_000_000;

/** @param ca PEM certificates to trust in addition to the usual ones. */
export function openHttp(ca?: string): Http {
  const agent = new Agent({
    // Every call has its own deadline, an import a long one; undici's would only end it earlier.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(ca === undefined ? {} : { connect: { ca: [...getCACertificates("default"), ca] } }),
  });
  return {
    send: (request) => exchange(agent, request),
    [Symbol.asyncDispose]: () => agent.destroy(new Error("the bridge is stopping")),
  };
}

function exchange(agent: Agent, request: HttpRequest): Promise<HttpResult> {
  return new Promise((resolve) => {
    const handler = new ExchangeHandler(request, resolve);
    try {
      agent.dispatch(
        {
          origin: request.url.origin,
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        handler,
      );
    } catch (error) {
      handler.fail(error);
    }
  });
}

/**
 * Collects one answer. Written against undici's dispatch, below fetch, because only there
 * `onRequestStart` tells that the connection stands and the request is about to be written: the
 * difference between "nothing happened" and "unknown".
 */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (result: HttpResult) => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #bodyBytes = 0;
  #head = { status: 0, contentType: "", retryAfter: undefined as string | undefined };
  #settled = false;

  constructor(request: HttpRequest, resolve: (result: HttpResult) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#deadline = setTimeout(() => {
      this.fail(new Error(`no answer within ${String(request.timeoutMs)} ms`), true);
    }, request.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error("given up before it was sent"));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#head = {
      status,
      contentType: first(headers["content-type"]) ?? "",
      retryAfter: first(headers["retry-after"]),
    };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const isError = this.#head.status >= 300;
    const limitBytes = isError ? MAX_ERROR_BODY_BYTES : this.#request.maxBodyBytes;
    this.#bodyBytes += chunk.byteLength;
    if (this.#bodyBytes <= limitBytes) this.#chunks.push(chunk);
    else if (isError) this.#answer();
    else this.fail(new Error(`the answer is larger than ${String(limitBytes)} bytes`));
  }

  onResponseEnd(): void {
    this.#answer();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(cause: unknown, timedOut = false): void {
    const sent = this.#controller !== undefined;
    this.#settle({ answered: false, sent, timedOut, reason: reasonOf(cause), cause });
  }

  #answer(): void {
    this.#settle({ answered: true, ...this.#head, body: Buffer.concat(this.#chunks).toString("utf8") });
  }

  #settle(result: HttpResult): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#deadline);
    this.#resolve(result);
    // After a whole answer this does nothing; after a deadline or an oversized body it frees the socket.
    this.#controller?.abort(new Error("no longer wanted"));
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const text = cause instanceof AggregateError && cause.message === "" ? "no address answered" : cause.message;
  return text.includes(code) ? text : `${text} (${code})`;
}
