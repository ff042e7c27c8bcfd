import { checkAssociations, replaceLinks, requireItems, requireKnown, shownCollections } from "./access.ts";
import { badRule, crash, listOf, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call, Route } from "./call.ts";
import { invite, INVITE_BODY, reinvite } from "./invite.ts";
import { MEMBER_SHAPE, memberOf, presentMember, readMemberModel } from "./member-model.ts";
import { ACCEPTED, CONFIRMED, CUSTOM, EVENT, INVITED, OWNER, REVOKED, shownEmail, type Member } from "./model.ts";
import { needsSecondStep } from "./policies.ts";
import { takeSeatForRestore } from "./seats.ts";
import * as shape from "./shape.ts";
import type { World } from "./world.ts";

const NO_OWNER = "Organization must have at least one confirmed owner.";
const TWO_FACTOR = 0;
const UPDATE: BodyRule = { shape: shape.modelOf(MEMBER_SHAPE, "type"), nullSafe: true };
const GROUP_IDS: BodyRule = { shape: shape.modelOf({ groupIds: shape.listOf("guid") }), nullSafe: true };

export const memberRoutes: Route[] = [
  { method: "GET", path: "/public/members", handle: ({ world }) => listMembers(world) },
  { method: "POST", path: "/public/members", body: INVITE_BODY, handle: invite },
  { method: "GET", path: "/public/members/{id}", handle: (call) => ok(presentMember(call.world, memberOf(call))) },
  { method: "PUT", path: "/public/members/{id}", body: UPDATE, handle: update },
  { method: "DELETE", path: "/public/members/{id}", handle: remove },
  { method: "GET", path: "/public/members/{id}/group-ids", handle: listGroupIds },
  { method: "PUT", path: "/public/members/{id}/group-ids", body: GROUP_IDS, handle: setGroupIds },
  { method: "POST", path: "/public/members/{id}/reinvite", handle: reinvite },
  { method: "POST", path: "/public/members/{id}/revoke", handle: revoke, since: "2026.2.0" },
  { method: "POST", path: "/public/members/{id}/restore", handle: restore, since: "2026.2.0" },
];

function listMembers(world: World): Answer {
  return listOf(Array.from(world.members.values(), (member) => presentMember(world, member)));
}

function update(call: Call): Answer {
  const { world } = call;
  const fields = call.fields();
  const { type, externalId, permissions, sent, groups } = readMemberModel(fields, fields.errorCount);
  const member = memberOf(call);
  const collections = requireItems(sent);
  requireKnown(
    world.collections,
    (collections ?? []).map(({ id }) => id),
  );
  // "My items" are neither granted nor taken here.
  const wanted = shownCollections(world, collections ?? []);
  requireKnown(world.groups, groups ?? []);
  if (type === CUSTOM && !world.organization.useCustomPermissions) {
    throw badRule("To enable custom permissions the organization must be on an Enterprise plan.");
  }
  if (type !== OWNER && !world.hasConfirmedOwnerExcept(member.id)) throw badRule(NO_OWNER);
  checkAssociations(wanted);
  world.changeMember(member, { type, externalId, permissions: permissions ?? member.permissions });
  const shared = shownCollections(world, member.collections);
  const myItems = member.collections.filter((access) => !shared.includes(access));
  // Absent wipes all shared collections: the trap of this endpoint.
  world.changeMember(member, { collections: [...myItems, ...replaceLinks(shared, wanted)] });
  if (groups !== null) world.setMemberGroups(member.id, groups);
  world.log(EVENT.updated, { memberId: member.id });
  return ok(presentMember(world, member, collections));
}

function remove(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  requireOtherOwner(world, member);
  world.removeMember(member);
  world.log(EVENT.removed, { memberId: member.id });
  return ok();
}

/** Only the removal of an owner, of whatever status, needs another one who is confirmed. */
function requireOtherOwner(world: World, member: Member): void {
  if (member.type === OWNER && !world.hasConfirmedOwnerExcept(member.id)) throw badRule(NO_OWNER);
}

function listGroupIds(call: Call): Answer {
  const member = memberOf(call);
  return ok([...(call.world.memberGroups.get(member.id) ?? [])]);
}

function setGroupIds(call: Call): Answer {
  const { world, dialect } = call;
  const fields = call.fields();
  const groupIds = fields.guids("groupIds");
  fields.finish();
  const member = memberOf(call);
  if (groupIds === null && !dialect.emptiesWithoutGroupIds) throw crash();
  world.setMemberGroups(member.id, groupIds ?? []);
  world.log(EVENT.groupsUpdated, { memberId: member.id });
  return ok();
}

function revoke(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  if (member.status === REVOKED) throw badRule("Already revoked.");
  requireOtherOwner(world, member);
  world.revokeMember(member);
  world.log(EVENT.revoked, { memberId: member.id });
  return ok();
}

function restore(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  if (member.status !== REVOKED) throw badRule("Already active.");
  takeSeatForRestore(world);
  const hadJoined = [ACCEPTED, CONFIRMED].includes(statusBefore(member));
  if (hadJoined && world.isPolicyOn(TWO_FACTOR) && needsSecondStep(member)) {
    throw badRule(`${shownEmail(member)} is not compliant with the two-step login policy.`);
  }
  restoreMember(world, member);
  world.log(EVENT.restored, { memberId: member.id });
  return ok();
}

/** The status held before the revocation; for rows without one it is inferred from account and key. */
function statusBefore({ priorStatus, account, hasKey }: Member): number {
  return priorStatus ?? (account === null ? INVITED : hasKey ? CONFIRMED : ACCEPTED);
}

export function restoreMember(world: World, member: Member): void {
  world.changeMember(member, { status: statusBefore(member), priorStatus: null });
}
