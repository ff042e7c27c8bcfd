import type { Knex } from "knex";
import type { OperationType } from "../../domain/operation.ts";
import { jsonList } from "../bulk.ts";
import { selectOperations, type OperationRow } from "./operations.ts";
import type { Database } from "../database.ts";
import { maySend } from "./stopped.ts";

/** From one epoch ms to another, both included. */
export interface Span {
  since: number;
  until: number;
}

/** Which of the operations that are due may be sent. */
export interface Due {
  types: readonly OperationType[];
  /** Epoch ms. */
  now: number;
  /** What takes something away and was not proven within is not sent. */
  proven: Span;
  limit: number;
  /** Only people none of whose memberships is still to be changed: they are corrected before a restore. */
  afterMemberships: boolean;
  /** Connections that an administrator has stopped: what comes from them waits. */
  stopped: readonly string[];
}

const TAKES_AWAY = "type IN ('member.revoke', 'member.remove', 'membership.remove', 'group.delete')";

const NO_OPEN_MEMBERSHIP = `NOT EXISTS (SELECT 1 FROM operations AS m WHERE m.organization = operations.organization
  AND m.kind = 'user' AND m.key = operations.key AND m.object <> '' AND m.open = 1
  AND m.state IN ('ready', 'sending', 'held'))`;

/** What may be sent now, fewest attempts and oldest hints first. */
export async function dueOperations(db: Knex, organization: string, due: Due): Promise<OperationRow[]> {
  const sendable = maySend(due.stopped);
  const memberships = due.afterMemberships ? `AND ${NO_OPEN_MEMBERSHIP}` : "";
  return selectOperations(
    db,
    organization,
    `state = 'ready' AND type IN (SELECT value FROM json_each(?)) AND due_at <= ?
     AND (NOT ${TAKES_AWAY} OR proven_at BETWEEN ? AND ?) ${memberships} AND ${sendable.where}
     ORDER BY attempts, hinted_at, id LIMIT ?`,
    [jsonList(due.types), due.now, due.proven.since, due.proven.until, ...sendable.bindings, due.limit],
  );
}

/** What was sent, is not wanted any more, and is asked after now. */
export async function dueConfirmations(db: Knex, organization: string, now: number, limit: number) {
  return selectOperations(db, organization, "state = 'confirming' AND due_at <= ? ORDER BY due_at LIMIT ?", [
    now,
    limit,
  ]);
}

/** What takes something away, is due, and was proven too long ago. */
export async function outdatedRemovals(
  db: Knex,
  organization: string,
  now: number,
  proven: Span,
  page: { limit: number; offset: number },
): Promise<OperationRow[]> {
  return selectOperations(
    db,
    organization,
    `state = 'ready' AND due_at <= ? AND ${TAKES_AWAY} AND proven_at NOT BETWEEN ? AND ?
     ORDER BY CASE WHEN object = '' THEN 0 ELSE 1 END, hinted_at, id LIMIT ? OFFSET ?`,
    [now, proven.since, proven.until, page.limit, page.offset],
  );
}

/**
 * Epoch ms when the next operation becomes due, or null. What is due already and was not sent waits for something that
 * rings by itself: a read, a decision, a person.
 */
export async function nextDue(db: Knex, organization: string, now: number): Promise<number | null> {
  const rows = await db.raw<{ dueAt: number | null }[]>(
    `SELECT MIN(due_at) AS dueAt FROM operations
     WHERE organization = ? AND state IN ('ready', 'confirming') AND due_at > ?`,
    [organization, now],
  );
  return rows[0]?.dueAt ?? null;
}

/**
 * After the clock was set back, times lie in a future that nobody meant: what would wait longer than its longest
 * back-off (milliseconds) is due at `now` (epoch ms), and what was approved then was approved by now. Returns whether
 * there was such a wait.
 */
export async function clampDue(
  { reader, writer }: Database,
  organization: string,
  now: number,
  longestMs: { revocation: number; other: number },
): Promise<boolean> {
  const longest = `CASE WHEN type IN ('member.revoke', 'member.remove', 'membership.remove') THEN :revocation ELSE :other END`;
  const wrong = `organization = :organization AND state IN ('ready', 'confirming')
    AND (due_at - :now > ${longest} OR approved_at > :now)`;
  const values = { organization, now, ...longestMs };
  const found = await reader.raw<unknown[]>(`SELECT 1 FROM operations WHERE ${wrong} LIMIT 1`, values);
  if (found.length === 0) return false;
  await writer.raw(
    `UPDATE operations SET due_at = MIN(due_at, :now), approved_at = MIN(approved_at, :now) WHERE ${wrong}`,
    values,
  );
  return true;
}
