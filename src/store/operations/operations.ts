import type { Knex } from "knex";
import type { Subjects } from "../../domain/model.ts";
import type { OperationData, OperationType, PlannedOperation } from "../../domain/operation.ts";
import { insertRows, jsonList, jsonRows, type Cell } from "../bulk.ts";

/**
 * waiting: until both sides of a membership are in the ledger. held: until a person decides. ready: to be sent.
 * sending: sent, outcome not yet read back. confirming: no longer wanted, but sent before and never read back: read
 * until it is known, not sent again. rejected, failed: kept so that planning them again changes nothing.
 */
export type OperationState =
  "waiting" | "ready" | "held" | "sending" | "confirming" | "rejected" | "failed" | "done" | "withdrawn";

export interface OperationRow extends PlannedOperation {
  id: number;
  state: OperationState;
  hold: string | null;
  attempts: number;
  dueAt: number;
  /** Epoch ms of the last request whose effect is not known to be none; such an operation is read before it is repeated. */
  sentAt: number | null;
  error: string | null;
  /** Correlation id of the hint behind it, as in that hint's log line. */
  hint: string;
  /** Epoch ms of that hint: the start of the latency that people feel. */
  hintedAt: number;
  createdAt: number;
  /** Epoch ms when nothing held it any more: the age of its attempts counts from here. */
  releasedAt: number | null;
  finishedAt: number | null;
  approvedBy: string | null;
  /** Epoch ms; only a read that began later lets an approved operation go. */
  approvedAt: number | null;
}

interface RawRow extends Omit<OperationRow, "data"> {
  data: string;
}

const COLUMNS = `id, kind, key, object, type, data, label, reason, evidence, proven_at AS provenAt, state, hold, attempts, due_at AS dueAt,
  sent_at AS sentAt, error, hint, hinted_at AS hintedAt, created_at AS createdAt, released_at AS releasedAt, finished_at AS finishedAt, approved_by AS approvedBy,
  approved_at AS approvedAt`;

/** Reads operations of one organization; `where` is SQL on the columns of `operations`. */
export async function selectOperations(
  db: Knex,
  organization: string,
  where: string,
  bindings: (string | number)[],
): Promise<OperationRow[]> {
  const rows = await db.raw<RawRow[]>(`SELECT ${COLUMNS} FROM operations WHERE organization = ? AND ${where}`, [
    organization,
    ...bindings,
  ]);
  return rows.map((row) => ({ ...row, data: parseData(row.data) }));
}

function parseData(text: string): OperationData {
  const parsed: unknown = JSON.parse(text);
  const data: OperationData = {};
  if (typeof parsed !== "object" || parsed === null) return data;
  for (const name of ["email", "externalId", "name", "finalWord"] as const) {
    const value: unknown = name in parsed ? Reflect.get(parsed, name) : undefined;
    if (typeof value === "string") data[name] = value;
  }
  return data;
}

/** The open operations that a decision about these subjects may keep or take back; `confirming` ones among them. */
export async function loadOpen(db: Knex, organization: string, subjects: Subjects): Promise<OperationRow[]> {
  if (subjects.all) return selectOperations(db, organization, "open = 1", []);
  const users = jsonList(subjects.users);
  const groups = jsonList(subjects.groups);
  const inList = "IN (SELECT value FROM json_each(?))";
  const ofUsers = await selectOperations(db, organization, `open = 1 AND kind = 'user' AND key ${inList}`, [users]);
  const ofGroups = await selectOperations(db, organization, `open = 1 AND kind = 'group' AND key ${inList}`, [groups]);
  const inGroups = await selectOperations(db, organization, `open = 1 AND object ${inList}`, [groups]);
  return [...new Map([...ofUsers, ...ofGroups, ...inGroups].map((row) => [row.id, row])).values()];
}

/** Everything that is open: to be sent, waiting, held, rejected or failed. */
export async function listOpen(db: Knex, organization: string): Promise<OperationRow[]> {
  return selectOperations(db, organization, "open = 1 ORDER BY id", []);
}

/** A planned operation with what guard and hold made of it. */
export interface NewOperation extends PlannedOperation {
  state: OperationState;
  hold: string | null;
  hint: string;
  hintedAt: number;
  /** Who let it through without asking, e.g. `firstRun: apply`; such operations do not count for the guard. */
  approvedBy: string | null;
}

const INSERT = [
  "organization",
  "kind",
  "key",
  "object",
  "type",
  "data",
  "label",
  "reason",
  "evidence",
  "proven_at",
  "state",
  "hold",
  "open",
  "due_at",
  "hint",
  "hinted_at",
  "created_at",
  "released_at",
  "approved_by",
];

export async function insertOperations(
  trx: Knex,
  organization: string,
  operations: NewOperation[],
  now: number,
): Promise<void> {
  const rows = operations.map((op): Cell[] => [
    organization,
    op.kind,
    op.key,
    op.object,
    op.type,
    JSON.stringify(op.data),
    op.label,
    op.reason,
    op.evidence,
    op.provenAt,
    op.state,
    op.hold,
    1,
    now,
    op.hint,
    op.hintedAt,
    now,
    op.hold === null ? now : null,
    op.approvedBy,
  ]);
  await insertRows(trx, "operations", INSERT, rows);
}

/**
 * Changes the state of operations; done and withdrawn ones are closed. What is released counts for the guard, and its
 * attempts get older, from now. `noEffect`: it is proved that what was sent did nothing.
 */
export async function setState(
  trx: Knex,
  ids: number[],
  state: OperationState,
  now: number,
  facts: { hold?: string | null; error?: string | null; dueAt?: number; attempt?: boolean; noEffect?: boolean } = {},
): Promise<void> {
  if (ids.length === 0) return;
  const closed = state === "done" || state === "withdrawn";
  const released = state === "ready" || state === "waiting";
  await trx.raw(
    `UPDATE operations SET state = ?, hold = ?, error = ?, due_at = ?, attempts = attempts + ?,
       sent_at = CASE WHEN ? THEN NULL ELSE sent_at END, open = ?, finished_at = ?,
       released_at = CASE WHEN ? AND (released_at IS NULL OR state = 'failed') THEN ? ELSE released_at END
     WHERE id IN (SELECT value FROM json_each(?))`,
    [
      state,
      facts.hold ?? null,
      facts.error ?? null,
      facts.dueAt ?? now,
      facts.attempt === true ? 1 : 0,
      facts.noEffect === true,
      closed ? null : 1,
      closed || state === "failed" || state === "rejected" ? now : null,
      released,
      now,
      jsonList(ids),
    ],
  );
}

/** Refreshes the words of operations that are planned again unchanged. */
export async function refreshEvidence(
  trx: Knex,
  rows: { id: number; evidence: string; provenAt: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await trx.raw(
    `UPDATE operations SET evidence = json_extract(j.value,'$[1]'), proven_at = json_extract(j.value,'$[2]')
     FROM json_each(?) AS j WHERE operations.id = json_extract(j.value,'$[0]')`,
    [jsonRows(rows.map((row) => [row.id, row.evidence, row.provenAt]))],
  );
}

/**
 * Memberships whose both sides are now in the ledger may be sent. Found by the groups that are there (`+` keeps SQLite
 * from the index over states): in a first run a quarter of a million wait for groups that are not.
 */
export async function promoteWaiting(trx: Knex, organization: string): Promise<void> {
  await trx.raw(
    `UPDATE operations SET state = 'ready' WHERE organization = ? AND open = 1 AND +state = 'waiting'
     AND object IN (SELECT key FROM ledger WHERE organization = ? AND kind = 'group')
     AND EXISTS (SELECT 1 FROM ledger AS l WHERE l.organization = operations.organization
       AND l.kind = 'user' AND l.key = operations.key)`,
    [organization, organization],
  );
}

export interface StateCount {
  type: OperationType;
  state: OperationState;
  count: number;
}

/** Open operations by type and state. */
export async function countOpen(db: Knex, organization: string): Promise<StateCount[]> {
  return db.raw<StateCount[]>(
    `SELECT type, state, COUNT(*) AS count FROM operations
     WHERE organization = ? AND open = 1 GROUP BY type, state ORDER BY type, state`,
    [organization],
  );
}

/** Operations created or finished since then, by type and state; held ones whenever they were created. */
export async function countSince(db: Knex, organization: string, since: number): Promise<StateCount[]> {
  return db.raw<StateCount[]>(
    `SELECT type, state, COUNT(*) AS count FROM operations
     WHERE organization = ? AND state <> 'withdrawn'
       AND (created_at >= ? OR finished_at >= ? OR state IN ('held', 'failed'))
     GROUP BY type, state ORDER BY type, state`,
    [organization, since, since],
  );
}

/** Operations that wait for another attempt: how many, and the newest failure in words. */
export async function retrying(db: Knex, organization: string): Promise<{ count: number; error: string | null }> {
  const rows = await db.raw<{ count: number; error: string | null }[]>(
    `SELECT COUNT(*) AS count, (SELECT error FROM operations WHERE organization = ?
       AND state = 'ready' AND error IS NOT NULL ORDER BY due_at DESC LIMIT 1) AS error
     FROM operations WHERE organization = ? AND state = 'ready' AND error IS NOT NULL`,
    [organization, organization],
  );
  return rows[0] ?? { count: 0, error: null };
}

/** At once instead of at their next attempt: what failed, and what waits to be tried again. */
export async function retryNow(db: Knex, organization: string): Promise<void> {
  await db.raw(
    `UPDATE operations SET due_at = 0, finished_at = CASE WHEN state = 'failed' THEN 0 ELSE finished_at END
     WHERE organization = ? AND (state = 'failed' OR (state = 'ready' AND error IS NOT NULL))`,
    [organization],
  );
}
