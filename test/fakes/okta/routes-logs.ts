import { allowParameters } from "./api.ts";
import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import { OktaApiFault, validationFailed } from "./errors.ts";
import { compileFilter, FilterError, instant } from "./filter.ts";
import type { FilterRules, Operator, Predicate } from "./filter.ts";
import { requestedLimit } from "./paging.ts";
import type { OktaState } from "./state.ts";
import type { LogEvent } from "./types.ts";

const dayMs = 86_400_000;
const text: readonly Operator[] = ["eq", "ne", "sw", "co", "pr"];

/** Every attribute but `published`, which Okta refuses here. */
const filterRules: FilterRules = {
  uuid: text,
  eventType: text,
  severity: text,
  "outcome.result": text,
  "actor.id": text,
  "actor.type": text,
  "actor.alternateId": text,
  "target.id": text,
  "target.type": text,
  "target.alternateId": text,
  "target.displayName": text,
  "transaction.id": text,
};

export function logRoutes(state: OktaState, pageSize: number): Route[] {
  return [
    {
      method: "GET",
      path: /^\/api\/v1\/logs$/,
      bucket: "logs",
      handle: (request) => {
        allowParameters(request, "limit", "after", "filter", "since", "until", "sortOrder");
        const polling = request.query.get("until") === null && request.query.get("sortOrder") !== "DESCENDING";
        return polling ? poll(state, pageSize, request) : bounded(state, pageSize, request);
      },
    },
  ];
}

/**
 * A polling request: everything in order of persistence, and always a next link. An empty page answers the
 * cursor it was asked with, which is what Okta was seen to do although its documentation says otherwise.
 */
function poll(state: OktaState, pageSize: number, request: ApiRequest): ApiAnswer {
  const limit = requestedLimit(request, { usual: 100, most: 1000 }, pageSize);
  const keep = condition(request);
  const after = request.query.get("after");
  if (after !== null && request.query.get("since") !== null) throw validationFailed("since", "not together with after");
  const start = after === null ? positionSince(state, request) : positionOf(after);
  const items: LogEvent[] = [];
  let position = start;
  while (position < state.logs.length && items.length < limit) {
    const event = state.logs[position];
    position += 1;
    if (event && keep(event)) items.push(event);
  }
  const next = items.length === 0 && after !== null ? after : cursorAt(position);
  return { status: 200, body: items, list: { next } };
}

/** A bounded request: ordered by publication time, finite, and blind to what is persisted later. */
function bounded(state: OktaState, pageSize: number, request: ApiRequest): ApiAnswer {
  const limit = requestedLimit(request, { usual: 100, most: 1000 }, pageSize);
  const keep = condition(request);
  const sinceMs = sinceOf(request);
  const untilText = request.query.get("until");
  const untilMs = untilText === null ? Date.now() : instantOr400("until", untilText);
  const direction = request.query.get("sortOrder") === "DESCENDING" ? -1 : 1;
  const found = state.logs
    .filter((event) => Date.parse(event.published) >= sinceMs && Date.parse(event.published) <= untilMs && keep(event))
    .sort((a, b) => direction * (Date.parse(a.published) - Date.parse(b.published)));
  const after = request.query.get("after");
  const start = after === null ? 0 : positionOf(after);
  const end = Math.min(found.length, start + limit);
  const next = end < found.length ? cursorAt(end) : undefined;
  return { status: 200, body: found.slice(start, end), list: { next } };
}

function cursorAt(position: number): string {
  return Buffer.from(`log:${position.toFixed()}`).toString("base64url");
}

function positionOf(cursor: string): number {
  const match = /^log:(\d{1,12})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match) throw validationFailed("after", "the cursor is not valid");
  return Number(match[1]);
}

/** For polling requests `since` is compared with the time of persistence. */
function positionSince(state: OktaState, request: ApiRequest): number {
  const sinceMs = sinceOf(request);
  const position = state.persistedAtMs.findIndex((persistedMs) => persistedMs >= sinceMs);
  return position === -1 ? state.logs.length : position;
}

/** Seven days back unless given; more than 180 days is refused. */
function sinceOf(request: ApiRequest): number {
  const since = request.query.get("since");
  if (since === null) return Date.now() - 7 * dayMs;
  const sinceMs = instantOr400("since", since);
  if (sinceMs < Date.now() - 180 * dayMs) throw validationFailed("since", "more than 180 days ago");
  return sinceMs;
}

function instantOr400(parameter: string, value: string): number {
  try {
    return instant(value);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw validationFailed(parameter, error.message);
  }
}

function condition(request: ApiRequest): Predicate<LogEvent> {
  const filter = request.query.get("filter");
  if (filter === null || filter === "") return () => true;
  try {
    return compileFilter(filter, filterRules, readAttribute);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new OktaApiFault(400, "E0000053", `Invalid filter '${filter}': ${error.message}`);
  }
}

function readAttribute(event: LogEvent, attribute: string): string[] {
  switch (attribute) {
    case "target.id":
      return event.target.map((target) => target.id);
    case "target.type":
      return event.target.map((target) => target.type);
    case "target.alternateId":
      return event.target.map((target) => target.alternateId);
    case "target.displayName":
      return event.target.map((target) => target.displayName);
    case "actor.id":
      return [event.actor.id];
    case "actor.type":
      return [event.actor.type];
    case "actor.alternateId":
      return [event.actor.alternateId];
    case "outcome.result":
      return [event.outcome.result];
    case "transaction.id":
      return [event.transaction.id];
    case "severity":
      return [event.severity];
    case "uuid":
      return [event.uuid];
    default:
      return [event.eventType];
  }
}
