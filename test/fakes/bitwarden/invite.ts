import { checkAssociations, hasRepeated, requireItems } from "./access.ts";
import { badRule, crash, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call } from "./call.ts";
import type { Fields } from "./fields.ts";
import { MEMBER_SHAPE, memberOf, presentMember, readMemberModel } from "./member-model.ts";
import { EVENT, INVITED, lowerCase, shownEmail, type Member } from "./model.ts";
import { refundSeats, takeSeatForMember } from "./seats.ts";
import { modelOf } from "./shape.ts";
import type { World } from "./world.ts";

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
  takeSeatForMember(world);
  const collectionIds = (collections ?? []).map(({ id }) => id);
  const groupIds = groups ?? [];
  try {
    requireInsertable(world, collectionIds, groupIds);
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
    await sendInvitation(call, member);
    world.log(EVENT.invited, { memberId: member.id });
    return ok(presentMember(world, member, collections));
  } catch (failure) {
    if (!(failure instanceof CannotInvite)) throw failure;
    if (failure.added !== null) world.removeMember(failure.added);
    refundSeats(world, seats);
    throw badRule("Failed to invite users");
  }
}

/** What fails behind the insert, after which the vendor takes row and seat back. */
class CannotInvite extends Error {
  readonly added: Member | null;

  constructor(added: Member | null) {
    super("the invitation failed behind the insert");
    this.added = added;
  }
}

/** The foreign and primary keys of the database; a group of another organization satisfies them. */
function requireInsertable(world: World, collectionIds: string[], groupIds: string[]): void {
  const isKnown =
    collectionIds.every((id) => world.collections.has(id)) &&
    groupIds.every((id) => world.groups.has(id) || world.foreignGroups.has(id));
  if (!isKnown || hasRepeated(collectionIds) || hasRepeated(groupIds)) throw new CannotInvite(null);
}

async function sendInvitation(call: Call, member: Member): Promise<void> {
  await call.spend("mail");
  if (!call.world.organization.mailWorks) throw new CannotInvite(member);
  call.world.outbox.push({ kind: "invite", to: member.email ?? "" });
}

export async function reinvite(call: Call): Promise<Answer> {
  const member = memberOf(call);
  if (member.status !== INVITED) throw badRule("User invalid.");
  await call.spend("mail");
  if (!call.world.organization.mailWorks) throw crash();
  call.world.outbox.push({ kind: "reinvite", to: shownEmail(member) });
  return ok();
}
