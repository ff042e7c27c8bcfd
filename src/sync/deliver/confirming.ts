import { toBridgeError } from "../../domain/errors.ts";
import { hasHappened, type Seen } from "../../domain/live/effect.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { transaction, type Sql } from "../../store/database.ts";
import { appendJournal } from "../../store/journal.ts";
import {
  forget,
  loadLedgerGroups,
  loadLedgerUsers,
  saveGroupMembers,
  saveLedgerGroups,
  saveLedgerUsers,
} from "../../store/ledger/ledger.ts";
import { setState, type OperationRow } from "../../store/operations/operations.ts";
import { confirmAt, postponeConfirming } from "../../store/operations/sending.ts";
import type { Organization } from "../organization.ts";
import { findGroupMemberIds, listGroups, listMembers } from "../live-lists.ts";
import { nextAttempt } from "../retry.ts";
import { completeOperations, decideAnew, entry, idsOf } from "./outcome.ts";

/**
 * Operations that nobody wants any more, but that were sent and never read back: a server behind a proxy that gave up
 * may still carry them out. What is found to have happened is written to the ledger as if it had been read back at
 * once, and decided anew; what does not show in time had no effect. Nothing is sent.
 */
export async function deliverConfirming(context: Organization, operations: OperationRow[]): Promise<void> {
  const now = Date.now();
  let seen: Seen;
  try {
    seen = await look(context, operations);
  } catch (thrown) {
    const error = toBridgeError(thrown);
    if (error.side === "bridge") throw error;
    const later = operations.map((operation) => {
      const next = nextAttempt(error, operation, now);
      return { id: operation.id, dueAt: now + Math.min(next.step === "retry" ? next.inMs : Infinity, LONGEST_WAIT_MS) };
    });
    await transaction(context.database, (trx) => postponeConfirming(trx, later));
    for (const operation of operations) {
      context.observer.operationFailed(context.name, operation, error, "retry");
    }
    return;
  }
  const happened = operations.filter((operation) => hasHappened(operation, seen));
  const others = operations.filter((operation) => !happened.includes(operation));
  await confirmed(context, happened, seen);
  const later = others.flatMap((operation) => {
    const dueAt = confirmAt(operation, now);
    return dueAt === null ? [] : [{ id: operation.id, dueAt }];
  });
  const open = new Set(later.map(({ id }) => id));
  await withoutEffect(
    context,
    others.filter(({ id }) => !open.has(id)),
  );
  await transaction(context.database, (trx) => postponeConfirming(trx, later));
}

const LONGEST_WAIT_MS = 5 * 60_000;

async function look(context: Organization, operations: OperationRow[]): Promise<Seen> {
  const { database, name } = context;
  const ledgerUsers = await loadLedgerUsers(database.reader, name);
  const ledgerGroups = await loadLedgerGroups(database.reader, name);
  const members = await listMembers(context, "normal");
  const groups = await listGroups(context, "normal");
  const created = operations.filter(({ type }) => type === "group.create").map(({ data }) => data.externalId);
  const wanted = new Set([
    ...operations.flatMap(({ object }) => ledgerGroups.get(object)?.bwId ?? []),
    ...groups.filter(({ externalId }) => externalId !== null && created.includes(externalId)).map(({ id }) => id),
  ]);
  const memberIds = new Map<string, Set<string>>();
  for (const id of wanted) {
    const ids = await findGroupMemberIds(context, id, "normal");
    if (ids) memberIds.set(id, new Set(ids));
  }
  return { members, groups, memberIds, ledgerUsers, ledgerGroups };
}

async function confirmed(context: Organization, operations: OperationRow[], seen: Seen): Promise<void> {
  if (operations.length === 0) return;
  await completeOperations(context, {
    done: operations,
    missing: [],
    conclusive: true,
    seen: () => "it happened although its answer was lost",
    async ledger(trx, now) {
      for (const operation of operations) await writeDown(trx, context, operation, seen, now);
    },
  });
  await decideAnew(context, operations);
}

/** The ledger, as the operation's own read-back would have written it. */
async function writeDown(
  trx: Sql,
  context: Organization,
  operation: OperationRow,
  seen: Seen,
  now: number,
): Promise<void> {
  const { name } = context;
  const { key, type, data, kind } = operation;
  const externalId = data.externalId ?? "";
  const known = seen.ledgerUsers.get(key);
  if (operation.object !== "") {
    await writeMembers(trx, context, operation.object, seen, now);
  } else if (kind === "user") {
    const invited = type === "member.invite" || type === "member.link";
    const member = seen.members.find((one) => (invited ? one.externalId === externalId : one.id === known?.bwId));
    if (!member) {
      await forget(trx, name, "user", key);
      return;
    }
    const { id: bwId, email, status } = member;
    const revokedByUs = type === "member.revoke" || (invited && known?.bwId === bwId && known.revokedByUs);
    const row: LedgerUser = {
      key,
      externalId: known?.externalId ?? externalId,
      bwId,
      email,
      status,
      type: member.type,
      revokedByUs,
    };
    await saveLedgerUsers(trx, name, [row], now);
  } else {
    const group = seen.ledgerGroups.get(key);
    const isNew = type === "group.create";
    const live = seen.groups.find((one) => (isNew ? one.externalId === externalId : one.id === group?.bwId));
    if (!live) {
      await forget(trx, name, "group", key);
      return;
    }
    const row = { key, externalId: group?.externalId ?? externalId, bwId: live.id, name: live.name };
    await saveLedgerGroups(trx, name, [row], now);
    if (isNew) await saveGroupMembers(trx, name, key, keysOf(seen, live.id), now);
  }
}

/** The members of the group were read whole. */
async function writeMembers(trx: Sql, context: Organization, group: string, seen: Seen, now: number): Promise<void> {
  const bwId = seen.ledgerGroups.get(group)?.bwId;
  if (bwId === undefined || !seen.memberIds.has(bwId)) return;
  await saveGroupMembers(trx, context.name, group, keysOf(seen, bwId), now);
}

function keysOf(seen: Seen, groupId: string): Set<string> {
  const ids = seen.memberIds.get(groupId) ?? new Set<string>();
  return new Set([...seen.ledgerUsers.values()].filter((user) => ids.has(user.bwId)).map((user) => user.key));
}

async function withoutEffect(context: Organization, operations: OperationRow[]): Promise<void> {
  if (operations.length === 0) return;
  const now = Date.now();
  await transaction(context.database, async (trx) => {
    await setState(trx, idsOf(operations), "withdrawn", now, { noEffect: true });
    await appendJournal(
      trx,
      operations.map((operation) =>
        entry(context, operation, "withdrawn", { reason: "it was sent and had no effect" }),
      ),
      now,
    );
  });
}
