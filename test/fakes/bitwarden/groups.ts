import {
  ASSOCIATIONS_SHAPE,
  checkAssociations,
  hasRepeated,
  readAssociations,
  replaceLinks,
  requireItems,
  requireKnown,
  type SentAssociations,
} from "./access.ts";
import { badRule, crash, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call, Route } from "./call.ts";
import { EVENT, type Association, type Group } from "./model.ts";
import * as shape from "./shape.ts";
import type { World } from "./world.ts";

const GROUP: BodyRule = {
  shape: shape.modelOf({ name: "text", externalId: "text", collections: ASSOCIATIONS_SHAPE }),
};
const MEMBER_IDS: BodyRule = { shape: shape.modelOf({ memberIds: shape.listOf("guid") }) };

export const groupRoutes: Route[] = [
  { method: "GET", path: "/public/groups", handle: ({ world }) => listGroups(world) },
  { method: "POST", path: "/public/groups", body: GROUP, handle: create },
  { method: "GET", path: "/public/groups/{id}", handle: (call) => ok(present(groupOf(call))) },
  { method: "PUT", path: "/public/groups/{id}", body: GROUP, handle: update },
  { method: "DELETE", path: "/public/groups/{id}", handle: remove },
  { method: "GET", path: "/public/groups/{id}/member-ids", handle: listMemberIds },
  { method: "PUT", path: "/public/groups/{id}/member-ids", body: MEMBER_IDS, handle: setMemberIds },
];

/** `collections`: what the answer of a write echoes, instead of what is stored. */
function present(group: Group, collections: readonly Association[] | null = group.collections): object {
  return { object: "group", id: group.id, name: group.name, externalId: group.externalId, collections };
}

function listGroups(world: World): Answer {
  return listOf(Array.from(world.groups.values(), (group) => present(group)));
}

function groupOf(call: Call): Group {
  const group = call.world.groups.get(call.id);
  if (group === undefined) throw notFound();
  return group;
}

function readModel(call: Call): { name: string; externalId: string | null; sent: SentAssociations } {
  const fields = call.fields();
  const name = fields.text("name", { required: true, max: 100 }) ?? "";
  const externalId = fields.text("externalId", { max: 300 });
  const sent = readAssociations(fields, "collections");
  fields.finish();
  return { name, externalId, sent };
}

function requireGroups(world: World): void {
  if (!world.organization.useGroups) throw badRule("This organization cannot use groups.");
}

/** Unknown collections are echoed but not stored. */
function create(call: Call): Answer {
  const { world } = call;
  const { name, externalId, sent } = readModel(call);
  const collections = requireItems(sent);
  requireGroups(world);
  checkAssociations(collections);
  const group = world.addGroup({ name, externalId, collections: [] });
  const known = (collections ?? []).filter(({ id }) => world.collections.has(id));
  // By now the group exists: whoever tries again makes a second one.
  if (hasRepeated(known.map(({ id }) => id))) throw crash();
  world.changeGroup(group, { collections: known });
  world.log(EVENT.groupCreated, { groupId: group.id });
  return ok(present(group, collections));
}

function update(call: Call): Answer {
  const { world } = call;
  const { name, externalId, sent } = readModel(call);
  const group = groupOf(call);
  const collections = requireItems(sent);
  requireGroups(world);
  const ids = (collections ?? []).map(({ id }) => id);
  requireKnown(world.collections, ids);
  if (ids.some((id) => world.collections.get(id)?.kind === "my-items")) {
    throw badRule("You cannot modify group access for collections with the type as DefaultUserCollection.");
  }
  checkAssociations(collections);
  world.changeGroup(group, { name, externalId });
  // Absent collections are kept (unlike in PUT members), although the answer then shows null.
  if (collections !== null) world.changeGroup(group, { collections: replaceLinks(group.collections, collections) });
  world.log(EVENT.groupUpdated, { groupId: group.id });
  return ok(present(group, collections));
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

/** Not gated either, and no event is logged. Without a list, whatever the reason, the group is emptied. */
function setMemberIds(call: Call): Answer {
  const fields = call.fields();
  const memberIds = fields.guids("memberIds") ?? [];
  fields.finish();
  call.world.setGroupMembers(groupOf(call).id, memberIds);
  return ok();
}
