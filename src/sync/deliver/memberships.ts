import { loadLedgerGroups, loadLedgerUsers, saveGroupMembers, saveUserGroups } from "../../store/ledger.ts";
import { selectOperations, type OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { attempt, beginSending, completeOperations, notApplied, withdraw } from "./outcome.ts";
import { GROUP_AXIS_FROM } from "../decide/read-live.ts";

/**
 * Sends memberships along one axis: all waiting changes of one group when they are many, else all of
 * one person. Read, change, write, read back; people and groups we do not manage stay untouched. The
 * rest of the operations stays ready for the next unit.
 */
export async function deliverMemberships(connection: Connection, operations: OperationRow[]): Promise<void> {
  const [first] = operations;
  if (!first) return;
  // `PUT groups/{id}/member-ids` makes every client of the organization sync again: for bulk only.
  if (operations.filter((operation) => operation.object === first.object).length >= GROUP_AXIS_FROM) {
    const ofGroup = await ready(connection, "object", first.object);
    await attempt(connection, ofGroup, () => changeGroup(connection, first.object, ofGroup));
  } else {
    const ofPerson = await ready(connection, "key", first.key);
    await attempt(connection, ofPerson, () => changePerson(connection, first.key, ofPerson));
  }
}

/** Everything that is due for one group or one person goes into one request, however much it is. */
async function ready(connection: Connection, column: "object" | "key", value: string): Promise<OperationRow[]> {
  const where = `state = 'ready' AND kind = 'user' AND object <> '' AND ${column} = ? AND due_at <= ?`;
  return selectOperations(connection.database.reader, connection.owner, where, [value, Date.now()]);
}

async function changeGroup(connection: Connection, group: string, operations: OperationRow[]): Promise<void> {
  const { bitwarden, owner, database } = connection;
  const bwId = (await loadLedgerGroups(database.reader, owner)).get(group)?.bwId;
  const users = await loadLedgerUsers(database.reader, owner);
  const before = bwId === undefined ? null : await bitwarden.getGroupMemberIds(bwId, priorityOf(operations));
  if (bwId === undefined || before === null) {
    await withdraw(connection, operations, "the group is no longer in Bitwarden");
    return;
  }
  const idOf = (operation: OperationRow): string | undefined => users.get(operation.key)?.bwId;
  const target = changed(before, operations, idOf);
  await beginSending(connection, operations, "PUT group members");
  if (!sameSet(target, before)) await bitwarden.setGroupMemberIds(bwId, [...target], priorityOf(operations));
  const after = new Set((await bitwarden.getGroupMemberIds(bwId, priorityOf(operations))) ?? []);
  const keyOf = new Map([...users.values()].map((user) => [user.bwId, user.key]));
  await finish(connection, operations, after, idOf, (trx, now) =>
    saveGroupMembers(trx, owner, group, keysOf(after, keyOf), now),
  );
}

async function changePerson(connection: Connection, user: string, operations: OperationRow[]): Promise<void> {
  const { bitwarden, owner, database } = connection;
  const bwId = (await loadLedgerUsers(database.reader, owner, [user])).get(user)?.bwId;
  const groups = await loadLedgerGroups(database.reader, owner);
  const before = bwId === undefined ? null : await bitwarden.getMemberGroupIds(bwId, priorityOf(operations));
  if (bwId === undefined || before === null) {
    await withdraw(connection, operations, "the member is no longer in Bitwarden");
    return;
  }
  const idOf = (operation: OperationRow): string | undefined => groups.get(operation.object)?.bwId;
  const target = changed(before, operations, idOf);
  await beginSending(connection, operations, "PUT member groups");
  if (!sameSet(target, before)) await bitwarden.setMemberGroupIds(bwId, [...target], priorityOf(operations));
  const after = new Set((await bitwarden.getMemberGroupIds(bwId, priorityOf(operations))) ?? []);
  const keyOf = new Map([...groups.values()].map((group) => [group.bwId, group.key]));
  await finish(connection, operations, after, idOf, (trx) => saveUserGroups(trx, owner, user, keysOf(after, keyOf)));
}

async function finish(
  connection: Connection,
  operations: OperationRow[],
  after: Set<string>,
  idOf: (operation: OperationRow) => string | undefined,
  ledger: Parameters<typeof completeOperations>[1]["ledger"],
): Promise<void> {
  const isDone = (operation: OperationRow): boolean =>
    after.has(idOf(operation) ?? "") === (operation.type === "membership.add");
  const missing = operations
    .filter((operation) => !isDone(operation))
    .map((operation) => ({ operation, error: notApplied(operation, "the membership is unchanged") }));
  await completeOperations(connection, { done: operations.filter(isDone), missing, ledger });
}

function changed(
  before: string[],
  operations: OperationRow[],
  idOf: (operation: OperationRow) => string | undefined,
): Set<string> {
  const target = new Set(before);
  for (const operation of operations) {
    const id = idOf(operation);
    if (id === undefined) continue;
    if (operation.type === "membership.add") target.add(id);
    else target.delete(id);
  }
  return target;
}

function sameSet(target: Set<string>, before: string[]): boolean {
  return target.size === before.length && before.every((id) => target.has(id));
}

function keysOf(ids: Set<string>, keyOf: Map<string, string>): Set<string> {
  return new Set([...ids].flatMap((id) => keyOf.get(id) ?? []));
}

function priorityOf(operations: OperationRow[]): "revocation" | "normal" {
  return operations.some((operation) => operation.type === "membership.remove") ? "revocation" : "normal";
}
