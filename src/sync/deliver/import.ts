import type { Group, ImportRequest, Member } from "../../domain/bitwarden.ts";
import { toBridgeError, type BridgeError } from "../../domain/errors.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { jsonList } from "../../store/bulk.ts";
import { loadLedgerUsers, saveGroupMembers, saveLedgerGroups, saveLedgerUsers } from "../../store/ledger.ts";
import { selectOperations, type OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { attempt, beginSending, completeOperations, failOperations, notApplied, unsend } from "./outcome.ts";
import { conflicts } from "./preflight.ts";
import { requireStagedUsers } from "./server-check.ts";

/** From this attempt on, a batch that fails without a reason is split until the bad record stands alone. */
const SPLIT_FROM_ATTEMPT = 2;
/** Bitwarden's cloud refuses more in one import unless `largeImport` is set. */
const LARGE_FROM = 2_000;

/**
 * Invites and links members, or creates groups with their members, by one import that overwrites
 * nothing: creating and linking this way is idempotent, `POST members` and `POST groups` are not.
 */
export async function deliverImport(connection: Connection, operations: OperationRow[]): Promise<void> {
  const work = operations[0]?.kind === "group" ? importGroups : importMembers;
  await attempt(connection, operations, () => work(connection, operations));
}

async function importMembers(connection: Connection, operations: OperationRow[]): Promise<void> {
  if (!connection.options.inviteUsersAfterProvisioning) await requireStagedUsers(connection.bitwarden);
  const before = await connection.bitwarden.listMembers("normal");
  const refused = conflicts(operations, before);
  for (const [operation, error] of refused) await failOperations(connection, [operation], error);
  const batch = operations.filter((operation) => !refused.has(operation));
  const present = new Set(before.map((member) => member.externalId));
  const toSend = batch.filter((operation) => !present.has(operation.data.externalId ?? ""));
  await beginSending(connection, batch, "POST import");
  const members = toSend.map(({ data }) => ({ email: data.email ?? "", externalId: data.externalId ?? "" }));
  if (members.length > 0 && !(await send(connection, { members, groups: [] }, batch, importMembers))) return;
  const after = members.length > 0 ? await connection.bitwarden.listMembers("normal") : before;
  await readBackMembers(connection, batch, after);
}

async function readBackMembers(connection: Connection, batch: OperationRow[], after: Member[]): Promise<void> {
  const byExternalId = new Map(after.map((member) => [member.externalId, member]));
  const keys = batch.map((operation) => operation.key);
  const known = await loadLedgerUsers(connection.database.reader, connection.owner, keys);
  const done: OperationRow[] = [];
  const rows: LedgerUser[] = [];
  const missing: { operation: OperationRow; error: BridgeError }[] = [];
  for (const operation of batch) {
    const externalId = operation.data.externalId ?? "";
    const member = byExternalId.get(externalId);
    if (!member) {
      missing.push({ operation, error: notApplied(operation, "no member carries the external id") });
      continue;
    }
    done.push(operation);
    const { id: bwId, email, status, type } = member;
    const revokedByUs = known.get(operation.key)?.revokedByUs ?? false;
    rows.push({ key: operation.key, externalId, bwId, email, status, type, revokedByUs });
  }
  await completeOperations(connection, {
    done,
    missing,
    ledger: (trx, now) => saveLedgerUsers(trx, connection.owner, rows, now),
  });
}

async function importGroups(connection: Connection, operations: OperationRow[]): Promise<void> {
  const { bitwarden, owner, database } = connection;
  const before = new Set((await bitwarden.listGroups("normal")).map((group) => group.externalId));
  const users = await loadLedgerUsers(database.reader, owner);
  const adds = await selectOperations(
    database.reader,
    owner,
    "type = 'membership.add' AND state IN ('waiting', 'ready') AND object IN (SELECT value FROM json_each(?))",
    [jsonList(operations.map((operation) => operation.key))],
  );
  const joining = adds.filter((add) => users.has(add.key));
  const membersOf = Map.groupBy(joining, (add) => add.object);
  const toSend = operations.filter((operation) => !before.has(operation.data.externalId ?? ""));
  await beginSending(connection, [...operations, ...joining], "POST import");
  const groups = toSend.map(({ key, data }) => ({
    name: data.name ?? "",
    externalId: data.externalId ?? "",
    memberExternalIds: (membersOf.get(key) ?? []).flatMap((add) => users.get(add.key)?.externalId ?? []),
  }));
  if (groups.length > 0 && !(await send(connection, { members: [], groups }, operations, importGroups))) return;
  await readBackGroups(connection, operations, joining, users);
}

async function readBackGroups(
  connection: Connection,
  operations: OperationRow[],
  joining: OperationRow[],
  users: Map<string, LedgerUser>,
): Promise<void> {
  const { bitwarden, owner } = connection;
  const byExternalId = new Map((await bitwarden.listGroups("normal")).map((group) => [group.externalId, group]));
  const keyOf = new Map([...users.values()].map((user) => [user.bwId, user.key]));
  const found = new Map<string, { group: Group; users: Set<string> }>();
  const missing: { operation: OperationRow; error: BridgeError }[] = [];
  for (const operation of operations) {
    const group = byExternalId.get(operation.data.externalId ?? "");
    const ids = group ? ((await bitwarden.getGroupMemberIds(group.id, "normal")) ?? []) : [];
    if (group) found.set(operation.key, { group, users: new Set(ids.flatMap((id) => keyOf.get(id) ?? [])) });
    else missing.push({ operation, error: notApplied(operation, "no group carries the external id") });
  }
  for (const add of joining) {
    if (found.get(add.object)?.users.has(add.key) !== true)
      missing.push({ operation: add, error: notApplied(add, "the membership is not there") });
  }
  const failed = new Set(missing.map(({ operation }) => operation));
  await completeOperations(connection, {
    done: [...operations, ...joining].filter((operation) => !failed.has(operation)),
    missing,
    async ledger(trx, now) {
      for (const operation of operations) {
        const created = found.get(operation.key);
        if (!created) continue;
        const { id: bwId, name } = created.group;
        const externalId = operation.data.externalId ?? "";
        await saveLedgerGroups(trx, owner, [{ key: operation.key, externalId, bwId, name }], now);
        await saveGroupMembers(trx, owner, operation.key, created.users, now);
      }
    },
  });
  // People who joined while the group was being created were not planned into it.
  const subjects = [...found.keys()].map((key) => ({ kind: "group" as const, key }));
  await connection.hints.undecided(owner.connection, subjects, Date.now());
}

type Payload = Pick<ImportRequest, "members" | "groups">;

/**
 * Sends one import. False: it was refused for one record, so the batch was split until that record
 * stood alone, and every part was read back by itself.
 */
async function send(
  connection: Connection,
  payload: Payload,
  operations: OperationRow[],
  again: (connection: Connection, operations: OperationRow[]) => Promise<void>,
): Promise<boolean> {
  const { largeImport, inviteUsersAfterProvisioning } = connection.options;
  const large = largeImport && payload.members.length + payload.groups.length > LARGE_FROM;
  try {
    await connection.bitwarden.importDirectory({ ...payload, largeImport: large, inviteUsersAfterProvisioning });
    return true;
  } catch (thrown) {
    const error = toBridgeError(thrown);
    if (!isAboutOneRecord(error, operations)) throw error;
    await unsend(connection);
    if (operations.length === 1) {
      await failOperations(connection, operations, error);
    } else {
      const half = Math.ceil(operations.length / 2);
      await again(connection, operations.slice(0, half));
      await again(connection, operations.slice(half));
    }
    return false;
  }
}

function isAboutOneRecord(error: BridgeError, operations: OperationRow[]): boolean {
  if (error.code === "BITWARDEN_REFUSED") return error.details !== undefined;
  const repeated = operations.every((operation) => operation.attempts >= SPLIT_FROM_ATTEMPT);
  return error.code === "BITWARDEN_UNKNOWN_OUTCOME" && error.status === 500 && repeated;
}
