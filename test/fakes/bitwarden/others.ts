import { badRule, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import type { OrganizationEvent } from "./model.ts";

const EVENT_PAGE = 50;
const DAY_MS = 86_400_000;
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
  const [from, to] = dateRange(query.get("start"), query.get("end"));
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

function dateRange(start: string | null, end: string | null): [number, number] {
  const today = new Date().setUTCHours(24, 0, 0, 0);
  if (start === null || end === null) return [today - 30 * DAY_MS, today];
  const from = Date.parse(start);
  const to = Date.parse(end);
  if (Number.isNaN(from) || Number.isNaN(to)) throw badRule("The date range is invalid.");
  if (Math.abs(to - from) > 367 * DAY_MS) throw badRule("Date range must be < 367 days.");
  return from > to ? [to, from] : [from, to];
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
