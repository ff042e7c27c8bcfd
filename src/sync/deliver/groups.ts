import type { LedgerGroup } from "../../domain/model.ts";
import { forget, loadLedgerGroups, saveLedgerGroups } from "../../store/ledger.ts";
import type { OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { attempt, beginSending, completeOperations, notApplied, withdraw } from "./outcome.ts";

/** Renames, links or deletes one group, and reads it back. */
export async function deliverGroupChange(connection: Connection, operations: OperationRow[]): Promise<void> {
  const ledger = await loadLedgerGroups(connection.database.reader, connection.owner);
  for (const operation of operations) {
    const group = ledger.get(operation.key);
    if (!group) {
      await withdraw(connection, [operation], "the group is no longer managed");
      continue;
    }
    await attempt(connection, [operation], () => changeGroup(connection, operation, group));
  }
}

async function changeGroup(connection: Connection, operation: OperationRow, group: LedgerGroup): Promise<void> {
  const name = operation.data.name ?? group.name;
  await beginSending(connection, [operation], operation.type === "group.delete" ? "DELETE group" : "PUT group");
  if (operation.type === "group.delete") await connection.bitwarden.deleteGroup(group.bwId);
  else await connection.bitwarden.updateGroup(group.bwId, { name, externalId: group.externalId });
  const live = await connection.bitwarden.getGroup(group.bwId, "normal");
  const deleted = operation.type === "group.delete";
  if (!live && !deleted) {
    // Deleted by hand: the ledger remembers that, so that it is not created again.
    await withdraw(connection, [operation], "the group is no longer in Bitwarden");
    return;
  }
  const done = deleted ? live === null : live?.name === name && live.externalId === group.externalId;
  const seen = live ? `the group is still named "${live.name}"` : "the group does not exist";
  await completeOperations(connection, {
    done: done ? [operation] : [],
    missing: done ? [] : [{ operation, error: notApplied(operation, seen) }],
    async ledger(trx, now) {
      if (!live) await forget(trx, connection.owner, "group", group.key);
      else await saveLedgerGroups(trx, connection.owner, [{ ...group, name: live.name }], now);
    },
  });
}
