import type { Member } from "../../domain/bitwarden.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { placing, type Place } from "../../domain/placing.ts";
import { poisonOf } from "../../domain/poison.ts";
import { revokedByUsAmong, saveLedgerUsers } from "../../store/ledger.ts";
import type { OperationRow } from "../../store/operations.ts";
import { optionsOf, type Organization } from "../organization.ts";
import { findMember, listMembers } from "../live-lists.ts";
import { invite } from "./invite.ts";
import { attempt, completeOperations, failOperations, goOn, notApplied, write } from "./outcome.ts";
import { requireStagedUsers } from "./server-check.ts";

/** Each is a read, a write and a read. */
const LINKS_AT_ONCE = 20;

/**
 * People who are to become managed members. Where they stand among all members decides: who carries the external id
 * already is done, who has the address without one is linked, only who is nowhere is invited.
 */
export async function placePeople(context: Organization, operations: OperationRow[]): Promise<void> {
  const slice = distinct(operations).slice(0, context.importSize.people.count(Date.now()));
  let before: Member[] = [];
  const listed = await attempt(context, slice, async () => {
    if (slice.some((operation) => !optionsOf(context, operation).inviteUsersAfterProvisioning)) {
      await requireStagedUsers(context.bitwarden);
    }
    before = await listMembers(context, "normal");
  });
  if (listed !== "done") return;
  const placeOf = placing(before);
  const places = slice.map((operation) => ({ operation, place: placeOf(personOf(operation)) }));
  const there: OperationRow[] = [];
  const links: { operation: OperationRow; member: Member }[] = [];
  const invitations: OperationRow[] = [];
  for (const { operation, place } of places) {
    if (place.is === "taken") await failOperations(context, [operation], taken(operation, place));
    else if (place.is === "there") there.push(operation);
    else if (place.is === "unlinked") links.push({ operation, member: place.member });
    else invitations.push(operation);
  }
  await attempt(context, there, () => readBackPeople(context, there, before));
  for (const { operation, member } of links.slice(0, LINKS_AT_ONCE)) {
    if ((await attempt(context, [operation], () => link(context, operation, member))) !== "done") return;
  }
  await invite(context, invitations, { waiting: operations, before, poison: poisonOf(before, []) });
}

/** Writes the external id into the member, which keeps role, permissions, collections and groups. */
async function link(context: Organization, operation: OperationRow, member: Member): Promise<void> {
  await goOn(context);
  const { externalId } = personOf(operation);
  await write(context, [operation], "PUT member", () => context.bitwarden.setMemberExternalId(member.id, externalId));
  const after = await findMember(context, member.id, "normal");
  await readBackPeople(context, [operation], after ? [after] : []);
}

/**
 * Closes what the members show to be done. Whether we revoked somebody follows the member, also to a new directory key.
 * @param failure why the others are not there; by default the request was answered with success, and had no effect
 */
export async function readBackPeople(
  context: Organization,
  operations: OperationRow[],
  members: Member[],
  failure?: BridgeError,
): Promise<void> {
  const byExternalId = new Map(members.map((member) => [member.externalId, member]));
  const found = operations.flatMap((operation) => {
    const member = byExternalId.get(personOf(operation).externalId);
    return member ? [{ operation, member }] : [];
  });
  const ids = found.map(({ member }) => member.id);
  const revokedByUs = await revokedByUsAmong(context.database.reader, context.name, ids);
  const rows = found.map(({ operation, member }): LedgerUser => {
    const { id: bwId, email, status, type } = member;
    const { externalId } = personOf(operation);
    return { key: operation.key, externalId, bwId, email, status, type, revokedByUs: revokedByUs.has(bwId) };
  });
  const done = new Set(found.map(({ operation }) => operation));
  await completeOperations(context, {
    done: [...done],
    missing: operations
      .filter((operation) => !done.has(operation))
      .map((operation) => ({
        operation,
        error: failure ?? notApplied(operation, "no member carries the external id"),
      })),
    conclusive: failure === undefined,
    ledger: (trx, now) => saveLedgerUsers(trx, context.name, rows, now),
  });
}

/** What an invitation or a link is about. */
export function personOf({ data }: OperationRow): { email: string; externalId: string } {
  return { email: (data.email ?? "").toLowerCase(), externalId: data.externalId ?? "" };
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
