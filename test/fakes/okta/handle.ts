import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { ApiRequest, Route } from "./api.ts";
import { invalidToken, methodNotAllowed, notFound, OktaApiFault } from "./errors.ts";
import { faultAnswer } from "./faults.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { linkHeaders, readJson, sendHalf, sendJson } from "./transport.ts";
import type { Reply } from "./transport.ts";

/** One API call as the emulator saw it; `status` 0: the connection was cut, or nothing has been answered yet. */
export interface HistoryEntry {
  n: number;
  /** When it arrived, ISO 8601. */
  at: string;
  method: string;
  path: string;
  /** Without the question mark; empty when there was none. */
  query: string;
  status: number;
  /** `performance.now()` just before the answer was taken from the state; absent for injected failures. */
  madeAt?: number;
  /** The same clock, when the answer was sent. */
  endedAt?: number;
}

export interface ApiContext {
  url: string;
  token: string;
  routes: readonly Route[];
  faults: FaultPlan;
  limiter: RateLimiter;
  history: HistoryEntry[];
  latencyMs: number;
  signal: AbortSignal;
}

/** One API call from arrival to answer. */
export async function handleApi(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(context.url + (request.url ?? "/"));
  const entry = remember(context.history, request, url);
  const fault = context.faults.take(url.pathname, url.search);
  if (fault?.kind === "reset") {
    request.socket.destroy();
    return;
  }
  // Nothing more happens to a stalled call: the client gives up, or stopping closes the connection.
  if (fault?.kind === "stall") return;
  const reply = await makeReply(context, request, url, fault, entry);
  entry.status = reply.status;
  if (fault?.kind === "truncatedJson" || fault?.kind === "cutBody") sendHalf(response, reply, fault.kind === "cutBody");
  else sendJson(response, reply);
  entry.endedAt = performance.now();
}

function remember(history: HistoryEntry[], request: IncomingMessage, url: URL): HistoryEntry {
  const entry: HistoryEntry = {
    n: history.length + 1,
    at: new Date().toISOString(),
    method: request.method ?? "",
    path: url.pathname,
    query: url.search.slice(1),
    status: 0,
  };
  history.push(entry);
  return entry;
}

/** Counts, authenticates, answers, and only then waits: with latency an answer can be stale when it arrives. */
async function makeReply(
  context: ApiContext,
  request: IncomingMessage,
  url: URL,
  fault: Fault | undefined,
  entry: HistoryEntry,
): Promise<Reply> {
  const found = findRoute(context.routes, request.method ?? "", url.pathname);
  let headers: Record<string, string> = {};
  try {
    headers = context.limiter.count(found.route?.bucket ?? "other");
    const injected = fault && faultAnswer(fault);
    if (injected) throw injected;
    if (request.headers.authorization !== `SSWS ${context.token}`) throw invalidToken();
    const leave = context.limiter.enter();
    try {
      entry.madeAt = performance.now();
      const reply = await routeReply(context, request, url, fault, found);
      const delayMs = context.latencyMs + (fault?.kind === "slow" ? fault.delayMs : 0);
      if (delayMs > 0) await wait(delayMs, undefined, { signal: context.signal });
      return { ...reply, headers: { ...headers, ...reply.headers } };
    } finally {
      leave();
    }
  } catch (error) {
    if (!(error instanceof OktaApiFault)) throw error;
    return { status: error.status, body: error.body(), headers: { ...headers, ...error.headers } };
  }
}

interface FoundRoute {
  route: Route | undefined;
  params: string[];
  /** The path exists, with another method. */
  otherMethod: boolean;
}

function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute {
  let otherMethod = false;
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    if (route.method === method) return { route, params: match.slice(1).map(decoded), otherMethod };
    otherMethod = true;
  }
  return { route: undefined, params: [], otherMethod };
}

/** A malformed escape names nothing, so it is left as it is and answers 404. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function routeReply(
  context: ApiContext,
  incoming: IncomingMessage,
  url: URL,
  fault: Fault | undefined,
  { route, params, otherMethod }: FoundRoute,
): Promise<Reply> {
  if (!route) throw otherMethod ? methodNotAllowed() : notFound(url.pathname, "Endpoint");
  const request: ApiRequest = {
    method: route.method,
    path: url.pathname,
    query: queryOf(url, fault),
    params,
    body: await readJson(incoming),
    baseUrl: context.url,
  };
  const answer = await route.handle(request);
  const headers = answer.list ? linkHeaders(url, answer.list.next, fault) : {};
  return { status: answer.status, body: answer.body, headers };
}

/** An empty middle page is a page of no items: its next link leads to the page that was asked for. */
function queryOf(url: URL, fault: Fault | undefined): URLSearchParams {
  const query = new URLSearchParams(url.searchParams);
  if (fault?.kind === "emptyMiddlePage") query.set("limit", "0");
  return query;
}
