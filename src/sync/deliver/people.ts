import type { Member } from "../../domain/bitwarden.ts";
import { BridgeError } from "../../domain/errors.ts";
import { placing, type Place } from "../../domain/live/placing.ts";
import { poisonOf } from "../../domain/live/poison.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { optionsOf, type Organization } from "../organization.ts";
import { findMember, listMembers } from "../live-lists.ts";
import { invite } from "./invite.ts";
import { personOf, readBackPeople } from "./read-back-people.ts";
import { attempt, failOperations, withdraw, write } from "./outcome.ts";

/** Each is a read, a write and a read. */
const LINKS_AT_ONCE = 20;

/**
 * People who are to become managed members. Where they stand among all members decides: who carries the external id
 * already is done, who has the address without one is linked, only who is nowhere is invited.
 */
export async function placePeople(context: Organization, operations: OperationRow[]): Promise<void> {
  const slice = distinct(alike(context, operations)).slice(0, context.importSize.people.count(Date.now()));
  let before: Member[] = [];
  const listed = await attempt(context, slice, async () => {
    before = await listMembers(context, "normal");
  });
  if (listed !== "done") return;
  const placeOf = placing(before);
  const there: OperationRow[] = [];
  const links: { operation: OperationRow; member: Member }[] = [];
  const nowhere: OperationRow[] = [];
  for (const operation of slice) {
    const place = placeOf(personOf(operation));
    if (place.is === "taken") await failOperations(context, [operation], taken(operation, place));
    else if (place.is === "there") there.push(operation);
    else if (place.is === "unlinked") links.push({ operation, member: place.member });
    else nowhere.push(operation);
  }
  await attempt(context, there, () => readBackPeople(context, there, before));
  for (const { operation, member } of links.slice(0, LINKS_AT_ONCE)) {
    if ((await attempt(context, [operation], () => link(context, operation, member))) !== "done") return;
  }
  const isInvitation = ({ type }: OperationRow): boolean => type === "member.invite";
  // Whoever was only to be linked was never counted as an invitation.
  const lost = nowhere.filter((operation) => !isInvitation(operation));
  await withdraw(context, lost, "the member is no longer in Bitwarden");
  const waiting = operations.filter((one) => isInvitation(one) && placeOf(personOf(one)).is === "nowhere");
  await invite(context, nowhere.filter(isInvitation), { waiting, before, poison: poisonOf(before, []) });
}

/** One import invites at once or stages: those that are to be treated as the first is. */
function alike(context: Organization, operations: OperationRow[]): OperationRow[] {
  const mailed = operations.map((operation) => optionsOf(context, operation).inviteUsersAfterProvisioning);
  return operations.filter((_, at) => mailed[at] === mailed[0]);
}

/** Writes the external id into the member, which keeps role, permissions, collections and groups. */
async function link(context: Organization, operation: OperationRow, member: Member): Promise<void> {
  const { externalId } = personOf(operation);
  await write(context, [operation], "PUT member", () => context.bitwarden.setMemberExternalId(member.id, externalId));
  const after = await findMember(context, member.id, "normal");
  await readBackPeople(context, [operation], after ? [after] : []);
}

/** The same external id or address twice in one request fails it whole; the second one finds the first done. */
function distinct(operations: OperationRow[]): OperationRow[] {
  const taken = new Set<string>();
  return operations.filter((operation) => {
    const { email, externalId } = personOf(operation);
    const names = [`email ${email}`, `id ${externalId}`];
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  });
}

/** An administrator can clear the way at any time, so it is looked again every hour. */
function taken(operation: OperationRow, place: Extract<Place, { is: "taken" }>): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    subject: operation.label,
    message: `not sent: ${place.why}`,
    remedy: `${place.remedy} Then run \`bwbridge sync\`; by itself the bridge looks again every hour.`,
    retry: "after",
    retryAfterMs: 60 * 60 * 1000,
  });
}
