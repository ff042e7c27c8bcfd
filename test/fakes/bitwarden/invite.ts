import { checkAssociations, hasRepeated, requireItems } from "./access.ts";
import { badRule, crash, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call } from "./call.ts";
import type { Fields } from "./fields.ts";
import { MEMBER_SHAPE, memberOf, presentMember, readMemberModel } from "./member-model.ts";
import { EVENT, INVITED, lowerCase, shownEmail } from "./model.ts";
import { buySeats, refundSeats, seatsForMember } from "./seats.ts";
import { modelOf } from "./shape.ts";
import type { World } from "./world.ts";

const FAILED = "Failed to invite users";
/** The strict rule of POST members: a local part of ASCII, one @, a dot in the domain, a top level of letters. */
const STRICT_EMAIL = /^(?!\.)[\w.!#$%&'*+/=?^`{|}~-]+@[^\s@()<>[\]:;,\\".\p{Cc}][^\s@()<>[\]:;,\\"\p{Cc}]*\.\p{L}+$/u;

export const INVITE_BODY: BodyRule = { shape: modelOf({ ...MEMBER_SHAPE, email: "text" }, "type"), nullSafe: true };

function readEmail(fields: Fields): string {
  const email = fields.text("email", { required: true, max: 256 }) ?? "";
  if (!STRICT_EMAIL.test(email)) fields.note("email", "The Email field is not a supported e-mail address format.");
  return email;
}

export async function invite(call: Call): Promise<Answer> {
  const { world, dialect } = call;
  const fields = call.fields();
  const { errorCount } = fields;
  const email = readEmail(fields);
  const { type, externalId, permissions, sent, groups } = readMemberModel(fields, errorCount);
  const collections = requireItems(sent);
  checkAssociations(collections);
  if (dialect.knowsEmail(world, email)) throw badRule("This user has already been invited.");
  const { seats } = world.organization;
  const missing = seatsForMember(world);
  const groupIds = groups ?? [];
  const collectionIds = (collections ?? []).map(({ id }) => id);
  if (!isInsertable(world, collectionIds, groupIds)) throw badRule(FAILED);
  const member = world.addMember({
    account: null,
    email: lowerCase(email),
    status: INVITED,
    priorStatus: null,
    hasKey: false,
    type,
    externalId: externalId?.trim() === "" ? null : externalId,
    permissions,
    collections: collections ?? [],
  });
  world.joinGroups(member.id, groupIds);
  buySeats(world, missing);
  await call.spend("mail");
  if (!world.organization.mailWorks) {
    world.removeMember(member);
    refundSeats(world, seats);
    throw badRule(FAILED);
  }
  world.outbox.push({ kind: "invite", to: member.email ?? "" });
  world.log(EVENT.invited, { memberId: member.id });
  return ok(presentMember(world, member, collections));
}

/** What the foreign and primary keys of the database accept; a group of another organization satisfies them. */
function isInsertable(world: World, collectionIds: string[], groupIds: string[]): boolean {
  const areKnown =
    collectionIds.every((id) => world.collections.has(id)) &&
    groupIds.every((id) => world.groups.has(id) || world.foreignGroups.has(id));
  return areKnown && !hasRepeated(collectionIds) && !hasRepeated(groupIds);
}

export async function reinvite(call: Call): Promise<Answer> {
  const member = memberOf(call);
  if (member.status !== INVITED) throw badRule("User invalid.");
  await call.spend("mail");
  if (!call.world.organization.mailWorks) throw crash();
  call.world.outbox.push({ kind: "reinvite", to: shownEmail(member) });
  return ok();
}
