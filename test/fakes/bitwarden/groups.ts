import { checkAssociations, readAssociations, requireKnown, shownCollections } from "./access.ts";
import { badRule, crash, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import { EVENT, type Association, type Group } from "./model.ts";
import type { World } from "./world.ts";

export const groupRoutes: Route[] = [
  { method: "GET", path: "/public/groups", handle: ({ world }) => listGroups(world) },
  { method: "POST", path: "/public/groups", handle: create },
  { method: "GET", path: "/public/groups/{id}", handle: (call) => ok(present(call.world, groupOf(call))) },
  { method: "PUT", path: "/public/groups/{id}", handle: update },
  { method: "DELETE", path: "/public/groups/{id}", handle: remove },
  { method: "GET", path: "/public/groups/{id}/member-ids", handle: listMemberIds },
  { method: "PUT", path: "/public/groups/{id}/member-ids", handle: setMemberIds },
];

function present(world: World, group: Group, collections?: Association[] | null): object {
  return {
    object: "group",
    id: group.id,
    name: group.name,
    externalId: group.externalId,
    collections: collections === undefined ? shownCollections(world, group.collections) : collections,
  };
}

function listGroups(world: World): Answer {
  return listOf(Array.from(world.groups.values(), (group) => present(world, group)));
}

function groupOf(call: Call): Group {
  const group = call.world.groups.get(call.id);
  if (group === undefined) throw notFound();
  return group;
}

function readModel(call: Call): { name: string; externalId: string | null; collections: Association[] | null } {
  const fields = call.fields();
  const name = fields.text("name", { required: true, max: 100 }) ?? "";
  const externalId = fields.text("externalId", { max: 300 });
  const collections = readAssociations(fields, "collections");
  fields.finish();
  checkAssociations(collections);
  return { name, externalId, collections };
}

function checkGroupWrite(world: World, collections: Association[] | null): void {
  if (!world.organization.useGroups) throw badRule("This organization cannot use groups.");
  const ids = (collections ?? []).map(({ id }) => id);
  requireKnown(world.collections, ids);
  if (ids.some((id) => world.collections.get(id)?.kind === "my-items")) {
    throw badRule("You cannot modify group access for collections with the type as DefaultUserCollection.");
  }
}

function create(call: Call): Answer {
  const { world } = call;
  const { name, externalId, collections } = readModel(call);
  checkGroupWrite(world, collections);
  const group = world.addGroup({ name, externalId, collections: collections ?? [] });
  world.log(EVENT.groupCreated, { groupId: group.id });
  return ok(present(world, group, collections));
}

function update(call: Call): Answer {
  const { world } = call;
  const { name, externalId, collections } = readModel(call);
  const group = groupOf(call);
  checkGroupWrite(world, collections);
  // Absent collections are kept (unlike in PUT members), although the answer then shows null.
  world.changeGroup(group, { name, externalId, collections: collections ?? group.collections });
  world.log(EVENT.groupUpdated, { groupId: group.id });
  return ok(present(world, group, collections));
}

/** Not gated by the groups entitlement, and no event is logged. */
function remove(call: Call): Answer {
  call.world.removeGroup(groupOf(call));
  return ok();
}

function listMemberIds(call: Call): Answer {
  const group = groupOf(call);
  return ok([...(call.world.groupMembers.get(group.id) ?? [])]);
}

/** Not gated either, and no event is logged. */
function setMemberIds(call: Call): Answer {
  const memberIds = call.fields().guids("memberIds");
  const group = groupOf(call);
  if (memberIds === null) throw crash();
  call.world.setGroupMembers(group.id, memberIds);
  return ok();
}
