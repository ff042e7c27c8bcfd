import { checkAssociations, readAssociations, requireKnown } from "./access.ts";
import { badRule, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import type { Association, Collection, OrganizationEvent } from "./model.ts";
import type { World } from "./world.ts";

const EVENT_PAGE = 50;
const DAY_MS = 86_400_000;

export const otherRoutes: Route[] = [
  { method: "GET", path: "/public/collections", handle: listCollections },
  { method: "GET", path: "/public/collections/{id}", handle: (call) => ok(present(call.world, collectionOf(call))) },
  { method: "PUT", path: "/public/collections/{id}", handle: updateCollection },
  { method: "DELETE", path: "/public/collections/{id}", handle: removeCollection },
  { method: "GET", path: "/public/policies", handle: listPolicies },
  { method: "GET", path: "/public/organization/subscription", handle: showSubscription },
  { method: "GET", path: "/public/events", handle: listEvents },
];

function present(world: World, collection: Collection): object {
  const groups: Association[] = [];
  for (const group of world.groups.values()) {
    for (const access of group.collections) if (access.id === collection.id) groups.push({ ...access, id: group.id });
  }
  return { object: "collection", id: collection.id, externalId: collection.externalId, groups };
}

function listCollections({ world }: Call): Answer {
  const shared = [...world.collections.values()].filter(({ kind }) => kind === "shared");
  return listOf(shared.map((collection) => present(world, collection)));
}

function collectionOf({ world, id }: Call): Collection {
  const collection = world.collections.get(id);
  if (collection?.kind !== "shared") throw notFound();
  return collection;
}

function updateCollection(call: Call): Answer {
  const { world } = call;
  const fields = call.fields();
  const externalId = fields.text("externalId", { max: 300 });
  const wanted = readAssociations(fields, "groups");
  fields.finish();
  checkAssociations(wanted);
  const { id, kind } = collectionOf(call);
  const updated: Collection = { id, kind, externalId };
  world.collections.set(id, updated);
  if (wanted !== null) grantToGroups(world, id, wanted);
  return ok(present(world, updated));
}

function grantToGroups(world: World, collectionId: string, wanted: Association[]): void {
  requireKnown(
    world.groups,
    wanted.map(({ id }) => id),
  );
  const byGroup = new Map(wanted.map((access) => [access.id, access]));
  for (const group of world.groups.values()) {
    const access = byGroup.get(group.id);
    const others = group.collections.filter(({ id }) => id !== collectionId);
    const collections = access === undefined ? others : [...others, { ...access, id: collectionId }];
    world.changeGroup(group, { collections });
  }
}

function removeCollection(call: Call): Answer {
  const { world, id } = call;
  if (world.collections.get(id)?.kind === "my-items") {
    throw badRule("You cannot delete a collection with the type as DefaultUserCollection.");
  }
  collectionOf(call);
  world.collections.delete(id);
  return ok();
}

function listPolicies({ world }: Call): Answer {
  const enabled = world.organization.requireTwoFactor;
  return listOf([{ object: "policy", id: world.organization.id, type: 0, enabled, data: null }]);
}

function showSubscription({ world }: Call): Answer {
  const { hosted, seats, maxAutoscaleSeats } = world.organization;
  if (hosted === "self") throw badRule("Only allowed when not self hosted.");
  return ok({
    passwordManager: { seats, maxAutoScaleSeats: maxAutoscaleSeats, storage: null },
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
    collectionId: null,
    groupId: event.groupId,
    policyId: null,
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
