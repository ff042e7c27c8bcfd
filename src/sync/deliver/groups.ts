import type { Group } from "../../domain/bitwarden.ts";
import type { LedgerGroup } from "../../domain/model.ts";
import { forget, loadLedgerGroups, saveLedgerGroups } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import type { Organization } from "../organization.ts";
import { findGroup } from "../live-lists.ts";
import { attempt, completeOperations, notApplied, withdraw, write } from "./outcome.ts";

/** Renames, links or deletes groups one by one, and reads each back. */
export async function deliverGroupChange(context: Organization, operations: OperationRow[]): Promise<void> {
  const ledger = await loadLedgerGroups(context.database.reader, context.name);
  for (const operation of operations) {
    const group = ledger.get(operation.key);
    if (!group) await withdraw(context, [operation], "the group is no longer managed");
    else if ((await attempt(context, [operation], () => changeGroup(context, operation, group))) === "stopped") return;
  }
}

async function changeGroup(context: Organization, operation: OperationRow, group: LedgerGroup): Promise<void> {
  const name = operation.data.name ?? group.name;
  const deletes = operation.type === "group.delete";
  const isDone = (live: Group | null): boolean =>
    deletes ? live === null : live?.name === name && live.externalId === group.externalId;
  // An earlier request may have worked: look before repeating.
  const before = operation.sentAt === null ? undefined : await findGroup(context, group.bwId, "normal");
  if (before === undefined || (before !== null && !isDone(before))) {
    await write(context, [operation], deletes ? "DELETE group" : "PUT group", (lastLook) =>
      deletes
        ? context.bitwarden.deleteGroup(group.bwId, lastLook)
        : context.bitwarden.updateGroup(group.bwId, { name, externalId: group.externalId }),
    );
  }
  const live = await findGroup(context, group.bwId, "normal");
  if (!live && !deletes) {
    // Deleted by hand: the ledger remembers that, so that it is not created again.
    await withdraw(context, [operation], "the group is no longer in Bitwarden");
    return;
  }
  const seen = live ? `the group is still named "${live.name}"` : "the group does not exist";
  await completeOperations(context, {
    done: isDone(live) ? [operation] : [],
    missing: isDone(live) ? [] : [{ operation, error: notApplied(operation, seen) }],
    conclusive: true,
    async ledger(trx, now) {
      if (!live) await forget(trx, context.name, "group", group.key);
      else await saveLedgerGroups(trx, context.name, [{ ...group, name: live.name }], now);
    },
  });
}
