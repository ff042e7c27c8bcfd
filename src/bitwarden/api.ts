import { setTimeout as sleep } from "node:timers/promises";

import type { z } from "zod";

import { BridgeError } from "../domain/errors.ts";
import type { LastLook, Priority, Written } from "./bitwarden.ts";
import type { Answer, Http, HttpRequest, HttpResult } from "./http.ts";
import { parseJson } from "./json.ts";
import { denied, isMissing, refusalText, refused, throttled, unanswered, unintelligible } from "./outcome.ts";
import type { CallFacts } from "./outcome.ts";
import type { HostPace } from "./pace.ts";
import type { Tokens } from "./token.ts";

/** One request as it went over the wire, for metrics. */
export interface CallReport {
  method: HttpRequest["method"];
  /** The template, never an id: `/public/members/{id}`. */
  route: string;
  /** Absent when no whole answer came; `error` then says why. */
  status?: number;
  error?: string;
  /** From sending to the last byte. */
  ms: number;
  /** In the queue before that. */
  waitedMs: number;
}

export interface Request {
  method: HttpRequest["method"];
  route: string;
  /** A GUID for the `{id}` of the route. */
  id?: string;
  priority: Priority;
  body?: unknown;
  /** Without a token. */
  anonymous?: true;
  timeoutMs?: number;
  lastLook?: LastLook | undefined;
}

export interface ApiParts {
  http: Http;
  tokens: Tokens;
  pace: HostPace;
  organization: string;
  apiUrl: string;
  timeoutMs: number;
  signal: AbortSignal;
  onCall: (call: CallReport) => void;
}

interface Attempt {
  token: string | undefined;
  result: HttpResult;
}

/** 50,000 members at about 500 bytes, and room. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Requests to one organization's API: in turn, with a token, and every outcome classified. */
export class Api {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /** The answer through the schema. */
  async read<T extends z.ZodType>(request: Omit<Request, "method" | "id">, schema: T): Promise<z.infer<T>> {
    const full = { ...request, method: "GET" } satisfies Request;
    return this.#parse(full, await this.#get(full), schema);
  }

  /** The answer through the schema; null when Bitwarden says that the object does not exist. */
  async find<T extends z.ZodType>(
    request: Omit<Request, "method"> & { id: string },
    schema: T,
  ): Promise<z.infer<T> | null> {
    const full = { ...request, method: "GET" } satisfies Request;
    const answer = await this.#get(full);
    return isMissing(answer) ? null : this.#parse(full, answer, schema);
  }

  /**
   * Sent once; only a 401 is repeated, because nothing has happened then.
   * @param done the server's text when what we want is already so, e.g. `Already revoked.`
   */
  async write(request: Request & { done?: string }): Promise<Written> {
    const answer = this.#answerOf(request, await this.#send(request));
    if (request.id !== undefined && isMissing(answer)) return "missing";
    if (request.done !== undefined && refusalText(answer) === request.done) return "already";
    if (!isSuccess(answer)) throw refused(this.#facts(request), answer);
    const isOurs = answer.body.trim() === "" || parseJson(answer.body) !== undefined;
    if (!isOurs) throw unintelligible(this.#facts(request), answer);
    return "done";
  }

  /** Sent once, as `write`; the answer is what was created, through the schema. */
  async create<T extends z.ZodType>(request: Request, schema: T): Promise<z.infer<T>> {
    return this.#parse(request, this.#answerOf(request, await this.#send(request)), schema);
  }

  /** A read that met a restart or a broken connection is sent once more; the durable retry is the caller's. */
  async #get(request: Request): Promise<Answer> {
    const result = await this.#send(request);
    if (!isWorthASecondTry(result)) return this.#answerOf(request, result);
    await sleep(200 + Math.random() * 200);
    return this.#answerOf(request, await this.#send(request));
  }

  #parse<T extends z.ZodType>(request: Request, answer: Answer, schema: T): z.infer<T> {
    if (!isSuccess(answer)) throw refused(this.#facts(request), answer);
    const parsed = schema.safeParse(parseJson(answer.body));
    if (!parsed.success) throw unintelligible(this.#facts(request), answer, parsed.error);
    return parsed.data;
  }

  #answerOf(request: Request, result: HttpResult): Answer {
    if (!result.answered) throw unanswered(this.#facts(request), result);
    return result;
  }

  async #send(request: Request): Promise<HttpResult> {
    const { tokens } = this.#parts;
    const first = await this.#attempt(request);
    if (!isUnauthorized(first.result) || first.token === undefined) return this.#accepted(first);
    tokens.drop(first.token);
    const second = await this.#attempt(request);
    if (!isUnauthorized(second.result)) return this.#accepted(second);
    const error = denied(this.#facts(request), 401, "a fresh token was not accepted either");
    tokens.refuse(error);
    throw error;
  }

  #accepted({ token, result }: Attempt): HttpResult {
    if (result.answered && token !== undefined) this.#parts.tokens.accepted();
    return result;
  }

  async #attempt(request: Request): Promise<Attempt> {
    const { pace, tokens, signal } = this.#parts;
    const url = this.#url(request);
    const lane = request.method === "GET" ? pace.reads : pace.writes;
    let started = false;
    try {
      // Before the turn, so that nobody takes a turn without having a token; inside it is at hand.
      if (request.anonymous !== true) await tokens.get();
      const queuedAt = performance.now();
      return await lane.run(request.priority, signal, async () => {
        await request.lastLook?.();
        started = true;
        const token = request.anonymous === true ? undefined : await tokens.get();
        return { token, result: await this.#exchange(request, url, token, queuedAt) };
      });
    } catch (error) {
      throw signal.aborted ? this.#stopping(request, started, error) : error;
    }
  }

  async #exchange(request: Request, url: URL, token: string | undefined, queuedAt: number): Promise<HttpResult> {
    const { http, pace, onCall } = this.#parts;
    const startedAt = performance.now();
    const result = await http.send({
      method: request.method,
      url,
      headers: {
        accept: "application/json",
        "user-agent": "bitwarden-directory-bridge",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      timeoutMs: request.timeoutMs ?? this.#parts.timeoutMs,
      maxBodyBytes: MAX_BODY_BYTES,
    });
    onCall({
      method: request.method,
      route: request.route,
      ...(result.answered ? { status: result.status } : { error: result.timedOut ? "timeout" : "network" }),
      ms: performance.now() - startedAt,
      waitedMs: startedAt - queuedAt,
    });
    if (!result.answered) return result;
    if (result.status === 429) throw throttled(this.#facts(request), pace.throttled(result.retryAfter));
    pace.answered();
    return result;
  }

  #url(request: Request): URL {
    if (request.id !== undefined) checkGuid(request.id);
    const path = request.route.replace("{id}", request.id ?? "");
    return new URL(this.#parts.apiUrl.replace(/\/+$/, "") + path);
  }

  #facts(request: Request): CallFacts {
    return {
      kind: request.method === "GET" ? "read" : "write",
      name: `${this.#parts.organization}: ${request.method} ${request.route}`,
      setting: "apiUrl",
      redact: (text) => this.#parts.tokens.redact(text),
    };
  }

  #stopping(request: Request, sent: boolean, cause: unknown): BridgeError {
    if (cause instanceof BridgeError) return cause;
    const reason = "the bridge is stopping";
    return unanswered(this.#facts(request), { answered: false, sent, timedOut: false, reason, cause });
  }
}

/**
 * Ids go into paths, and in lists Bitwarden drops what it does not know without a word.
 * @throws BridgeError `BITWARDEN_REFUSED`
 */
export function checkGuid(id: string): string {
  if (GUID.test(id)) return id;
  throw new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bridge",
    message: `not a Bitwarden id: ${JSON.stringify(id.slice(0, 60))}`,
    remedy: "Run a full synchronization, which reads the ids anew; report it if it repeats.",
    retry: "never",
  });
}

function isSuccess(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

function isUnauthorized(result: HttpResult): boolean {
  return result.answered && result.status === 401;
}

/** A timeout has waited long enough. */
function isWorthASecondTry(result: HttpResult): boolean {
  if (!result.answered) return !result.timedOut;
  return result.status === 502 || result.status === 503 || result.status === 504;
}
