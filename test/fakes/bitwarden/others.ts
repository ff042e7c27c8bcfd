import { badModel, badRule, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import type { OrganizationEvent } from "./model.ts";

const EVENT_PAGE = 50;
const DAY_MS = 86_400_000;
const OTHER_FILTERS = ["actingUserId", "itemId", "secretId", "projectId"];
/** Gigabytes that every organization of the cloud has. */
const STORAGE = 1;

export const otherRoutes: Route[] = [
  { method: "GET", path: "/public/organization/subscription", handle: showSubscription },
  { method: "GET", path: "/public/events", handle: listEvents },
];

function showSubscription({ world }: Call): Answer {
  const { hosted, seats, maxAutoscaleSeats } = world.organization;
  if (hosted === "self") throw badRule("Only allowed when not self hosted.");
  return ok({
    passwordManager: { seats, maxAutoScaleSeats: maxAutoscaleSeats, storage: STORAGE },
    secretsManager: {
      seats: null,
      maxAutoScaleSeats: null,
      serviceAccounts: null,
      maxAutoScaleServiceAccounts: null,
    },
  });
}

/** Newest first, fifty a page; the continuation token is the place in the log where the next page starts. */
function listEvents({ world, query }: Call): Answer {
  const [from, to] = dateRange(readDate(query, "start"), readDate(query, "end"));
  // Nothing the emulator logs was done by a person or to a secret.
  if (OTHER_FILTERS.some((name) => query.has(name))) return ok({ object: "list", data: [], continuationToken: null });
  const token = Number(query.get("continuationToken") ?? Number.NaN);
  const data: object[] = [];
  let at = Number.isSafeInteger(token) ? Math.min(token, world.events.length) : world.events.length;
  while (at > 0 && data.length < EVENT_PAGE) {
    at -= 1;
    const event = world.events[at];
    if (event === undefined) continue;
    const date = Date.parse(event.date);
    if (date >= from && date <= to) data.push(presentEvent(event));
  }
  return ok({ object: "list", data, continuationToken: at > 0 ? String(at) : null });
}

/** Milliseconds since the epoch; null when absent. */
function readDate(query: URLSearchParams, name: "start" | "end"): number | null {
  const text = query.get(name) ?? "";
  if (text === "") return null;
  const date = Date.parse(text);
  if (!Number.isNaN(date)) return date;
  const field = name === "start" ? "Start" : "End";
  throw badModel({ [field]: [`The value '${text}' is not valid for ${field}.`] });
}

function dateRange(start: number | null, end: number | null): [number, number] {
  const today = new Date().setUTCHours(24, 0, 0, 0);
  if (start === null || end === null) return [today - 30 * DAY_MS, today];
  if (Math.abs(end - start) > 367 * DAY_MS) throw badRule("Date range must be < 367 days.");
  return start > end ? [end, start] : [start, end];
}

function presentEvent(event: OrganizationEvent): object {
  return {
    object: "event",
    type: event.type,
    itemId: null,
    collectionId: event.collectionId,
    groupId: event.groupId,
    policyId: event.policyId,
    memberId: event.memberId,
    actingUserId: null,
    installationId: null,
    date: event.date,
    device: null,
    ipAddress: null,
    secretId: null,
    projectId: null,
    serviceAccountId: null,
  };
}
