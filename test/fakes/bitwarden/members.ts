import {
  checkAssociations,
  noPermissions,
  readAssociations,
  readPermissions,
  requireKnown,
  shownCollections,
  withCollections,
} from "./access.ts";
import { badRule, crash, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import type { Fields } from "./fields.ts";
import {
  ACCEPTED,
  CONFIRMED,
  CUSTOM,
  EVENT,
  INVITED,
  MEMBER_TYPES,
  OWNER,
  REVOKED,
  shownEmail,
  type Association,
  type Member,
  type Permissions,
} from "./model.ts";
import { refundSeats, takeSeatForMember, takeSeatForRestore } from "./seats.ts";
import type { World } from "./world.ts";

const NO_OWNER = "Organization must have at least one confirmed owner.";
/** The strict rule of POST members: ASCII local part, one @, a dot in the domain, a top level of letters. */
const STRICT_EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]+@[^\s@]+\.[A-Za-z]+$/;

export const memberRoutes: Route[] = [
  { method: "GET", path: "/public/members", handle: ({ world }) => listMembers(world) },
  { method: "POST", path: "/public/members", handle: invite },
  { method: "GET", path: "/public/members/{id}", handle: (call) => ok(present(call.world, memberOf(call))) },
  { method: "PUT", path: "/public/members/{id}", handle: update },
  { method: "DELETE", path: "/public/members/{id}", handle: remove },
  { method: "GET", path: "/public/members/{id}/group-ids", handle: listGroupIds },
  { method: "PUT", path: "/public/members/{id}/group-ids", handle: setGroupIds },
  { method: "POST", path: "/public/members/{id}/reinvite", handle: reinvite },
  { method: "POST", path: "/public/members/{id}/revoke", handle: revoke, since: "2026.2.0" },
  { method: "POST", path: "/public/members/{id}/restore", handle: restore, since: "2026.2.0" },
];

function present(world: World, member: Member, collections?: Association[]): object {
  const { account } = member;
  return {
    object: "member",
    id: member.id,
    userId: account?.id ?? null,
    name: account?.name ?? null,
    email: shownEmail(member),
    type: member.type,
    externalId: member.externalId,
    permissions: member.type === CUSTOM ? (member.permissions ?? noPermissions()) : null,
    status: member.status,
    twoFactorEnabled: account?.twoFactor ?? false,
    resetPasswordEnrolled: false,
    ssoExternalId: null,
    collections: collections ?? shownCollections(world, member.collections),
  };
}

function listMembers(world: World): Answer {
  return listOf(Array.from(world.members.values(), (member) => present(world, member)));
}

function memberOf(call: Call): Member {
  const member = call.world.members.get(call.id);
  if (member === undefined) throw notFound();
  return member;
}

interface MemberModel {
  type: number;
  externalId: string | null;
  permissions: Permissions | null;
  collections: Association[] | null;
  groups: string[] | null;
}

function readModel(fields: Fields): MemberModel {
  const type = fields.choice("type", MEMBER_TYPES) ?? -1;
  const externalId = fields.text("externalId", { max: 300 });
  const permissions = readPermissions(fields);
  if (permissions !== null && type !== CUSTOM) {
    fields.note("", "Only users with the Custom role may use custom permissions.");
  }
  const collections = readAssociations(fields, "collections");
  const groups = fields.guids("groups");
  fields.finish();
  checkAssociations(collections);
  return { type, externalId, permissions, collections, groups };
}

function readEmail(fields: Fields): string {
  const email = fields.text("email", { required: true, max: 256 }) ?? "";
  if (email.trim() !== "" && email.length <= 256 && !STRICT_EMAIL.test(email)) {
    fields.note("email", "The Email field is not a supported e-mail address format.");
  }
  return email.toLowerCase();
}

function invite(call: Call): Answer {
  const { world, dialect } = call;
  const fields = call.fields();
  const email = readEmail(fields);
  const { type, externalId, permissions, collections, groups } = readModel(fields);
  if (dialect.knowsEmail(world, email)) throw badRule("This user has already been invited.");
  const { seats } = world.organization;
  takeSeatForMember(world);
  // Foreign keys and mail fail after the insert; the vendor then takes the row and the seat back.
  const broken =
    (collections ?? []).some(({ id }) => !world.collections.has(id)) ||
    (groups ?? []).some((id) => !world.groups.has(id)) ||
    !world.organization.mailWorks;
  if (broken) {
    refundSeats(world, seats);
    throw badRule("Failed to invite users");
  }
  const member = world.addMember({
    account: null,
    email,
    status: INVITED,
    priorStatus: null,
    hasKey: false,
    type,
    externalId: externalId?.trim() === "" ? null : externalId,
    permissions,
    collections: collections ?? [],
  });
  world.setMemberGroups(member.id, groups ?? []);
  world.outbox.push({ kind: "invite", to: email });
  world.log(EVENT.invited, { memberId: member.id });
  return ok(present(world, member));
}

function update(call: Call): Answer {
  const { world } = call;
  const { type, externalId, permissions, collections, groups } = readModel(call.fields());
  const member = memberOf(call);
  if (type !== OWNER && !world.hasConfirmedOwnerExcept(member.id)) throw badRule(NO_OWNER);
  if (type === CUSTOM && !world.organization.useCustomPermissions) {
    throw badRule("To enable custom permissions the organization must be on an Enterprise plan.");
  }
  requireKnown(
    world.collections,
    (collections ?? []).map(({ id }) => id),
  );
  requireKnown(world.groups, groups ?? []);
  world.changeMember(member, {
    type,
    externalId,
    permissions: permissions ?? member.permissions,
    // Absent wipes all shared collections: the trap of this endpoint.
    collections: withCollections(world, member.collections, collections ?? []),
  });
  if (groups !== null) world.setMemberGroups(member.id, groups);
  world.log(EVENT.updated, { memberId: member.id });
  return ok(present(world, member, collections ?? []));
}

function remove(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  if (!world.hasConfirmedOwnerExcept(member.id)) throw badRule(NO_OWNER);
  world.removeMember(member);
  world.log(EVENT.removed, { memberId: member.id });
  return ok();
}

function listGroupIds(call: Call): Answer {
  const member = memberOf(call);
  return ok([...(call.world.memberGroups.get(member.id) ?? [])]);
}

function setGroupIds(call: Call): Answer {
  const groupIds = call.fields().guids("groupIds");
  const member = memberOf(call);
  if (groupIds === null) throw crash();
  call.world.setMemberGroups(member.id, groupIds);
  call.world.log(EVENT.groupsUpdated, { memberId: member.id });
  return ok();
}

function reinvite(call: Call): Answer {
  const member = memberOf(call);
  if (member.status !== INVITED) throw badRule("User invalid.");
  call.world.outbox.push({ kind: "reinvite", to: shownEmail(member) });
  return ok();
}

function revoke(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  if (member.status === REVOKED) throw badRule("Already revoked.");
  if (!world.hasConfirmedOwnerExcept(member.id)) throw badRule(NO_OWNER);
  revokeMember(world, member);
  world.log(EVENT.revoked, { memberId: member.id });
  return ok();
}

/** Revokes and remembers the status held before. */
export function revokeMember(world: World, member: Member): void {
  world.changeMember(member, { priorStatus: member.status, status: REVOKED });
}

function restore(call: Call): Answer {
  const { world } = call;
  const member = memberOf(call);
  if (member.status !== REVOKED) throw badRule("Already active.");
  takeSeatForRestore(world);
  if (world.organization.requireTwoFactor && member.account?.twoFactor === false) {
    throw badRule(`${shownEmail(member)} is not compliant with the two-step login policy.`);
  }
  restoreMember(world, member);
  world.log(EVENT.restored, { memberId: member.id });
  return ok();
}

/** Restores the status held before; rows without one are inferred from account and key. */
export function restoreMember(world: World, member: Member): void {
  const inferred = member.account === null ? INVITED : member.hasKey ? CONFIRMED : ACCEPTED;
  world.changeMember(member, { status: member.priorStatus ?? inferred, priorStatus: null });
}
