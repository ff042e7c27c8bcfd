/**
 * What directories send. The order of work is the promise: known connection, secret, body, parse, durable commit, answer.
 * Okta waits 3 s, repeats at most once, and never after a 4xx (https://developer.okta.com/docs/concepts/event-hooks/).
 */
import type { Request, RequestHandler, Response } from "express";
import type { HookVerifier, Refusal, VerifiedEvents } from "../directories/verified.ts";
import { readBody } from "./body.ts";
import type { ReceiverDeps } from "./deps.ts";
import { startLine, writeLine, type Line } from "./line.ts";
import { refuse, refuseTooMany, type RefusalLimit } from "./refuse.ts";

/** What a sender is told to wait when we could not write its events down. */
const RETRY_AFTER_S = 5;

/** One request to a known connection. */
interface Exchange {
  deps: ReceiverDeps;
  tooMany: RefusalLimit;
  request: Request;
  response: Response;
  verifier: HookVerifier;
  line: Line;
}

/** Handles `POST /hooks/:type/:connection`: deliveries. */
export function hookDelivery(deps: ReceiverDeps, tooMany: RefusalLimit): RequestHandler {
  return handler(deps, tooMany, deliver);
}

/** Handles `GET /hooks/:type/:connection`: the directory's one-time check that the address is ours. */
export function hookVerification(deps: ReceiverDeps, tooMany: RefusalLimit): RequestHandler {
  return handler(deps, tooMany, verify);
}

/** Finds the connection, answers our own failures with 503, and writes the request's one line. */
function handler(
  deps: ReceiverDeps,
  tooMany: RefusalLimit,
  answer: (exchange: Exchange) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const startedAt = performance.now();
    const name = String(request.params["connection"]);
    const verifier = deps.verifiers.get(`${String(request.params["type"])}/${name}`);
    const line = startLine(request, verifier === undefined ? "(unknown)" : name);
    if (verifier === undefined) {
      line.reason = "unknown connection";
      refuse(response, 404);
    } else {
      try {
        await answer({ deps, tooMany, request, response, verifier, line });
      } catch (error) {
        deps.log.error({ connection: name, error }, "hook could not be taken");
        deps.metrics.hookEvents(name, "failed", 1);
        line.reason = "failed";
        response.set("Retry-After", String(RETRY_AFTER_S));
        refuse(response, 503);
      }
    }
    line.status = response.statusCode;
    writeLine(deps.log, line, startedAt);
  };
}

async function verify(exchange: Exchange): Promise<void> {
  const { request, response, verifier } = exchange;
  const answer = verifier.challenge?.(request.headers) ?? { refused: "challenge missing" };
  if (isRefusal(answer)) await refuseSender(exchange, answer);
  else response.status(200).json(answer);
}

async function deliver(exchange: Exchange): Promise<void> {
  const { request, response, verifier, line, deps } = exchange;
  const admission = verifier.admit(request.headers);
  if (isRefusal(admission)) return refuseSender(exchange, admission);

  const body = await readBody(request, response);
  const received = body.whole ? admission.read(body.bytes) : admission.unreadable(body.reason);
  if (isRefusal(received)) return refuseSender(exchange, received);

  await commit(deps, received, line);
  if (body.whole) response.status(204).end();
  else refuse(response, body.status);
}

/** Resolves once everything is on disk. */
async function commit(deps: ReceiverDeps, received: VerifiedEvents, line: Line): Promise<void> {
  const { connection } = line;
  line.events = received.events.length;
  if (received.unreadable !== null) {
    line.reason = received.unreadable;
    deps.metrics.hookEvents(connection, "unreadable", 1);
  }
  if (received.events.length === 0) return;
  const { accepted, duplicates } = await deps.inbox.accept(connection, received.events);
  line.accepted = accepted;
  line.duplicates = duplicates;
  if (duplicates > 0) deps.metrics.hookEvents(connection, "duplicate", duplicates);
  if (accepted === 0) return;
  deps.metrics.hookEvents(connection, "accepted", accepted);
  deps.onAccepted(connection);
}

async function refuseSender(exchange: Exchange, refusal: Refusal): Promise<void> {
  const { deps, tooMany, request, response, line } = exchange;
  line.reason = refusal.refused;
  if (await tooMany(request, response)) {
    line.limited = true;
    deps.metrics.hookEvents(line.connection, "limited", 1);
    refuseTooMany(response);
  } else {
    deps.metrics.hookEvents(line.connection, "refused", 1);
    refuse(response, refusal.refused.startsWith("secret") ? 401 : 400);
  }
}

function isRefusal(answer: object): answer is Refusal {
  return "refused" in answer;
}
