import { loadLedgerGroups, loadLedgerUsers, saveGroupMembers, saveUserGroups } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { dueMemberships } from "../../store/operations/sending.ts";
import { stoppedOf } from "../../store/operations/stopped.ts";
import type { Organization } from "../organization.ts";
import { GROUP_AXIS_FROM } from "../decide/read-live.ts";
import { findGroupMemberIds, findMemberGroupIds } from "../live-lists.ts";
import { justified } from "./justified.ts";
import { attempt, completeOperations, notApplied, withdraw, write } from "./outcome.ts";

/**
 * Sends memberships along one axis: all waiting changes of one group when they are many, else all of
 * one person. Read, change, write, read back; people and groups we do not manage stay untouched. The
 * rest of the operations stays ready for the next unit.
 */
export async function deliverMemberships(context: Organization, operations: OperationRow[]): Promise<void> {
  const [first] = operations;
  if (!first) return;
  const { database, name, sources } = context;
  const now = Date.now();
  const stopped = await stoppedOf(database.reader, sources.keys());
  // `PUT groups/{id}/member-ids` makes every client of the organization sync again: for bulk only.
  if (operations.filter((operation) => operation.object === first.object).length >= GROUP_AXIS_FROM) {
    const ofGroup = await dueMemberships(database.reader, name, { group: first.object }, now, stopped);
    await attempt(context, ofGroup, () => changeGroup(context, first.object, ofGroup));
  } else {
    const ofPerson = await dueMemberships(database.reader, name, { user: first.key }, now, stopped);
    await attempt(context, ofPerson, () => changePerson(context, first.key, ofPerson));
  }
}

async function changeGroup(context: Organization, group: string, due: OperationRow[]): Promise<void> {
  const { bitwarden, name, database } = context;
  const bwId = (await loadLedgerGroups(database.reader, name)).get(group)?.bwId;
  const users = await loadLedgerUsers(database.reader, name);
  const operations = await onlyManaged(context, await justified(context, due), ({ key }) => users.has(key));
  if (operations.length === 0) return;
  const before = bwId === undefined ? null : await findGroupMemberIds(context, bwId, priorityOf(operations));
  if (bwId === undefined || before === null) {
    await withdraw(context, operations, "the group is no longer in Bitwarden");
    return;
  }
  const idOf = (operation: OperationRow): string => users.get(operation.key)?.bwId ?? "";
  const target = changed(before, operations, idOf);
  if (!sameSet(target, before)) {
    await write(context, operations, "PUT group members", (lastLook) =>
      bitwarden.setGroupMemberIds(bwId, [...target], priorityOf(operations), lastLook),
    );
  }
  const after = new Set((await findGroupMemberIds(context, bwId, priorityOf(operations), target)) ?? []);
  const keyOf = new Map([...users.values()].map((user) => [user.bwId, user.key]));
  await finish(context, operations, after, idOf, (trx, now) =>
    saveGroupMembers(trx, name, group, keysOf(after, keyOf), now),
  );
}

async function changePerson(context: Organization, user: string, due: OperationRow[]): Promise<void> {
  const { bitwarden, name, database } = context;
  const bwId = (await loadLedgerUsers(database.reader, name, [user])).get(user)?.bwId;
  const groups = await loadLedgerGroups(database.reader, name);
  const operations = await onlyManaged(context, await justified(context, due), ({ object }) => groups.has(object));
  if (operations.length === 0) return;
  const before = bwId === undefined ? null : await findMemberGroupIds(context, bwId, priorityOf(operations));
  if (bwId === undefined || before === null) {
    await withdraw(context, operations, "the member is no longer in Bitwarden");
    return;
  }
  const idOf = (operation: OperationRow): string => groups.get(operation.object)?.bwId ?? "";
  const target = changed(before, operations, idOf);
  if (!sameSet(target, before)) {
    await write(context, operations, "PUT member groups", (lastLook) =>
      bitwarden.setMemberGroupIds(bwId, [...target], priorityOf(operations), lastLook),
    );
  }
  const after = new Set((await findMemberGroupIds(context, bwId, priorityOf(operations), target)) ?? []);
  const keyOf = new Map([...groups.values()].map((group) => [group.bwId, group.key]));
  await finish(context, operations, after, idOf, (trx) => saveUserGroups(trx, name, user, keysOf(after, keyOf)));
}

/** A side that the ledger has forgotten meanwhile cannot be named to Bitwarden. */
async function onlyManaged(
  context: Organization,
  operations: OperationRow[],
  isManaged: (operation: OperationRow) => boolean,
): Promise<OperationRow[]> {
  const strangers = operations.filter((operation) => !isManaged(operation));
  await withdraw(context, strangers, "one side of the membership is no longer managed");
  return operations.filter(isManaged);
}

async function finish(
  context: Organization,
  operations: OperationRow[],
  after: Set<string>,
  idOf: (operation: OperationRow) => string,
  ledger: Parameters<typeof completeOperations>[1]["ledger"],
): Promise<void> {
  const isDone = (operation: OperationRow): boolean =>
    after.has(idOf(operation)) === (operation.type === "membership.add");
  const missing = operations
    .filter((operation) => !isDone(operation))
    .map((operation) => ({ operation, error: notApplied(operation, "the membership is unchanged") }));
  await completeOperations(context, { done: operations.filter(isDone), missing, conclusive: true, ledger });
}

function changed(before: string[], operations: OperationRow[], idOf: (operation: OperationRow) => string): Set<string> {
  const target = new Set(before);
  for (const operation of operations) {
    if (operation.type === "membership.add") target.add(idOf(operation));
    else target.delete(idOf(operation));
  }
  return target;
}

function sameSet(target: Set<string>, before: string[]): boolean {
  return target.size === new Set(before).size && before.every((id) => target.has(id));
}

function keysOf(ids: Set<string>, keyOf: Map<string, string>): Set<string> {
  return new Set([...ids].flatMap((id) => keyOf.get(id) ?? []));
}

function priorityOf(operations: OperationRow[]): "revocation" | "normal" {
  return operations.some((operation) => operation.type === "membership.remove") ? "revocation" : "normal";
}
