import type { Knex } from "knex";
import type { Subjects } from "../../domain/model.ts";
import { jsonList, jsonRows } from "../bulk.ts";
import { loadOpen, promoteWaiting, selectOperations, type OperationRow } from "./operations.ts";
import { maySend } from "./stopped.ts";

/**
 * That something was sent is durable. `sent_at` is written before the first byte leaves; it goes only when an answer or
 * a read proves that the request had no effect. Whoever finds it set reads before repeating.
 */

/** The operations leave now: committed before the first byte does. */
export async function markSending(trx: Knex, ids: number[], now: number): Promise<void> {
  await trx.raw(
    `UPDATE operations SET state = 'sending', sent_at = ?, due_at = ?, error = NULL
     WHERE id IN (SELECT value FROM json_each(?))`,
    [now, now, jsonList(ids)],
  );
}

/** The request was refused: what is known about having been sent is what was known before it. */
export async function unmarkSent(trx: Knex, rows: { id: number; sentAt: number | null }[]): Promise<void> {
  await trx.raw(
    `UPDATE operations SET sent_at = json_extract(j.value,'$[1]')
     FROM json_each(?) AS j WHERE operations.id = json_extract(j.value,'$[0]')`,
    [jsonRows(rows.map(({ id, sentAt }) => [id, sentAt]))],
  );
}

/** No unit works on these any more: they are due again at once, and what was sent of them is read first. */
export async function putBack(trx: Knex, organization: string, ids: number[], now: number): Promise<void> {
  await trx.raw(
    `UPDATE operations SET due_at = ?, state = ${READY_AGAIN}
     WHERE state = 'sending' AND id IN (SELECT value FROM json_each(?))`,
    [now, jsonList(ids)],
  );
  await promoteWaiting(trx, organization);
}

/** A membership waits until both of its sides are in the ledger. */
const READY_AGAIN = "CASE WHEN type = 'membership.add' THEN 'waiting' ELSE 'ready' END";

/**
 * Nobody is sending: what is found `sending` was left behind by a process that ended or a commit that failed. It is due
 * at once and read before it is repeated. Answers how many there were.
 */
export async function recoverSending(trx: Knex, organization: string): Promise<number> {
  const left = await trx("operations")
    .where({ organization, state: "sending" })
    .update({
      state: trx.raw(READY_AGAIN),
      attempts: trx.raw("attempts + 1"),
      error: "interrupted while sending; read before repeating",
    });
  if (left > 0) await promoteWaiting(trx, organization);
  return left;
}

/** True when something is marked as being sent. */
export async function anySending(db: Knex, organization: string): Promise<boolean> {
  return (await selectOperations(db, organization, "state = 'sending' LIMIT 1", [])).length > 0;
}

/** Open operations of these subjects that were sent and not read back: Bitwarden may differ from the ledger there. */
export async function loadSent(db: Knex, organization: string, subjects: Subjects): Promise<OperationRow[]> {
  if (subjects.all) return selectOperations(db, organization, "open = 1 AND sent_at IS NOT NULL", []);
  return (await loadOpen(db, organization, subjects)).filter((operation) => operation.sentAt !== null);
}

/**
 * When what is no longer wanted is read again, in ms since the last request. A server behind a proxy that gave up may
 * still carry a request out: one that invites people or fills a group for minutes, one that changes a single row for
 * seconds. After the last time it is taken to have had no effect.
 */
const CREATES_AFTER_MS = [30_000, 120_000, 300_000, 600_000];
const CHANGES_AFTER_MS = [10_000, 30_000, 60_000];
const CREATES = ["member.invite", "group.create"];

function confirmTimes(type: string): number[] {
  return CREATES.includes(type) ? CREATES_AFTER_MS : CHANGES_AFTER_MS;
}

/** When an operation that was sent is read next, in ms since the epoch; null: it has been asked after for long enough. */
export function confirmAt({ type, sentAt }: Pick<OperationRow, "type" | "sentAt">, now: number): number | null {
  const next = confirmTimes(type).find((afterMs) => (sentAt ?? 0) + afterMs > now);
  return next === undefined ? null : (sentAt ?? 0) + next;
}

/**
 * Takes back operations that are no longer planned. What was never sent is withdrawn; what was sent and not read back
 * becomes `confirming`, so that its effect is found even when it comes late. What is confirming already stays as it is.
 */
export async function confirmInstead(trx: Knex, ids: number[], now: number): Promise<void> {
  if (ids.length === 0) return;
  const ofThese = "id IN (SELECT value FROM json_each(?))";
  await trx.raw(
    `UPDATE operations SET state = 'withdrawn', open = NULL, finished_at = ?, hold = NULL, error = NULL
     WHERE sent_at IS NULL AND ${ofThese}`,
    [now, jsonList(ids)],
  );
  const sent = await trx.raw<Pick<OperationRow, "id" | "type" | "sentAt">[]>(
    `SELECT id, type, sent_at AS sentAt FROM operations WHERE sent_at IS NOT NULL AND state <> 'confirming' AND ${ofThese}`,
    [jsonList(ids)],
  );
  await trx.raw(
    `UPDATE operations SET state = 'confirming', hold = NULL, finished_at = NULL, due_at = json_extract(j.value,'$[1]')
     FROM json_each(?) AS j WHERE operations.id = json_extract(j.value,'$[0]')`,
    [jsonRows(sent.map((row) => [row.id, confirmAt(row, now) ?? now]))],
  );
}

/** Reads them again then. */
export async function postponeConfirming(trx: Knex, rows: { id: number; dueAt: number }[]): Promise<void> {
  await trx.raw(
    `UPDATE operations SET due_at = json_extract(j.value,'$[1]')
     FROM json_each(?) AS j WHERE operations.id = json_extract(j.value,'$[0]')`,
    [jsonRows(rows.map(({ id, dueAt }) => [id, dueAt]))],
  );
}

/** Those of these operations that are neither finished nor put off. */
export async function stillToDo(db: Knex, organization: string, ids: number[], now: number): Promise<OperationRow[]> {
  const where = "state IN ('ready', 'sending') AND due_at <= ? AND id IN (SELECT value FROM json_each(?))";
  return selectOperations(db, organization, where, [now, jsonList(ids)]);
}

/** All membership changes of one group or of one person that are due: one request takes them all. */
export async function dueMemberships(
  db: Knex,
  organization: string,
  side: { group: string } | { user: string },
  now: number,
  stopped: readonly string[],
): Promise<OperationRow[]> {
  const sendable = maySend(stopped);
  const [column, key] = "group" in side ? ["object", side.group] : ["key", side.user];
  const where = `state = 'ready' AND kind = 'user' AND object <> '' AND ${column} = ? AND due_at <= ?
    AND ${sendable.where}`;
  return selectOperations(db, organization, where, [key, now, ...sendable.bindings]);
}

/** People who are to join groups that are being created. */
export async function joinersOf(db: Knex, organization: string, groups: string[]): Promise<OperationRow[]> {
  const where =
    "type = 'membership.add' AND state IN ('waiting', 'ready') AND object IN (SELECT value FROM json_each(?))";
  return selectOperations(db, organization, where, [jsonList(groups)]);
}
