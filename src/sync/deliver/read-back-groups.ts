import type { Group } from "../../domain/bitwarden.ts";
import type { BridgeError } from "../../domain/errors.ts";
import { loadLedgerUsers, saveGroupMembers, saveLedgerGroups } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import type { Organization } from "../organization.ts";
import { findGroupMemberIds, listGroups } from "../live-lists.ts";
import { completeOperations, decideAnew, goOn, notApplied, setAside, type ReadBack } from "./outcome.ts";

/** By directory key: the group, and which managed people are in it. */
type Found = Map<string, { group: Group; users: Set<string> }>;

/**
 * Closes groups that were to be created, and the memberships that rode along, as far as they are there.
 * @param failure why the others are not there; by default the request was answered with success, and had no effect
 */
export async function readBackGroups(
  context: Organization,
  operations: OperationRow[],
  riding: OperationRow[],
  failure?: BridgeError,
): Promise<void> {
  let found: Found;
  try {
    found = await findCreated(context, operations);
  } catch (thrown) {
    await setAside(context, riding);
    throw thrown;
  }
  const missing: ReadBack["missing"] = operations
    .filter((operation) => !found.has(operation.key))
    .map((operation) => ({ operation, error: failure ?? notApplied(operation, "no group carries the external id") }));
  const joined = riding.filter((joiner) => found.get(joiner.object)?.users.has(joiner.key) === true);
  await completeOperations(context, {
    done: [...operations.filter((operation) => found.has(operation.key)), ...joined],
    missing,
    conclusive: failure === undefined,
    async ledger(trx, now) {
      for (const operation of operations) {
        const created = found.get(operation.key);
        if (!created) continue;
        const { id: bwId, name } = created.group;
        const row = { key: operation.key, externalId: externalIdOf(operation), bwId, name };
        await saveLedgerGroups(trx, context.name, [row], now);
        await saveGroupMembers(trx, context.name, operation.key, created.users, now);
      }
    },
  });
  // The group is there without them: each becomes a change of its own.
  await setAside(
    context,
    riding.filter((joiner) => !joined.includes(joiner)),
  );
  // People who joined while the group was being created were not planned into it.
  await decideAnew(
    context,
    [...found.keys()].map((key) => ({ kind: "group" as const, key })),
  );
}

async function findCreated(context: Organization, operations: OperationRow[]): Promise<Found> {
  const users = await loadLedgerUsers(context.database.reader, context.name);
  const keyOf = new Map([...users.values()].map((user) => [user.bwId, user.key]));
  const byExternalId = new Map((await listGroups(context, "normal")).map((group) => [group.externalId, group]));
  const found: Found = new Map();
  for (const operation of operations) {
    const group = byExternalId.get(externalIdOf(operation));
    if (!group) continue;
    await goOn(context);
    const ids = (await findGroupMemberIds(context, group.id, "normal")) ?? [];
    found.set(operation.key, { group, users: new Set(ids.flatMap((id) => keyOf.get(id) ?? [])) });
  }
  return found;
}

export function externalIdOf({ data }: OperationRow): string {
  return data.externalId ?? "";
}
