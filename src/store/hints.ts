import type { Knex } from "knex";
import type { Hint } from "../domain/hint.ts";
import type { SubjectKind } from "../domain/subject.ts";
import { insertRows, jsonList, jsonRows } from "./bulk.ts";
import { transaction, type Database } from "./database.ts";

/** A subject that waits for a directory read. */
export interface DirtyHint {
  kind: SubjectKind;
  key: string;
  /** The counter to hand back when resolved: later hints stay dirty. */
  hinted: number;
  attempts: number;
  via: string | null;
  /** Epoch ms of the oldest hint behind it. */
  firstAt: number;
}

/** A subject that was read and waits for a decision. */
export interface ResolvedHint {
  kind: SubjectKind;
  key: string;
  resolved: number;
  /** Epoch ms of the oldest hint behind it. */
  firstAt: number;
  /** Epoch ms when the directory was last asked about it; 0: only decided anew. */
  readAt: number;
}

/** The same for a hint and for everything that follows from it: `user/00u1@mhw3k2qc`. */
export function correlationId(hint: { kind: SubjectKind; key: string; firstAt: number }): string {
  return `${hint.kind}/${hint.key}@${hint.firstAt.toString(36)}`;
}

const COLUMNS = ["connection", "kind", "key", "hinted", "due_at", "first_at", "dirty_at", "via", "urgent"];

/**
 * One change in a directory often comes as several events, and a storm as thousands: subjects wait a
 * moment for company, but never longer than their longest. Likely leavers wait not at all.
 */
const USER_PAUSE_MS = 100;
const USER_LONGEST_MS = 1_000;
export const GROUP_PAUSE_MS = 250;
export const GROUP_LONGEST_MS = 5_000;
/** From so many people hinted through one group on, the group is read once instead of each of them. */
const GATHER_FROM = 20;

/**
 * A hint that comes while another waits: counted, and not bound to one group unless both are. What is
 * due stays due; what waits for company waits on, up to its longest; what waits after a failure is due.
 */
const MERGE = `ON CONFLICT (connection, kind, key) DO UPDATE SET
  via = CASE WHEN hints.hinted <= hints.resolved THEN excluded.via
             WHEN hints.via = excluded.via THEN hints.via ELSE NULL END,
  urgent = CASE WHEN hints.hinted > hints.resolved AND hints.urgent = 1 THEN 1 ELSE excluded.urgent END,
  first_at = CASE WHEN hints.hinted > hints.done THEN hints.first_at ELSE excluded.first_at END,
  dirty_at = CASE WHEN hints.hinted > hints.resolved THEN hints.dirty_at ELSE excluded.dirty_at END,
  due_at = CASE WHEN hints.hinted <= hints.resolved OR excluded.due_at = excluded.first_at THEN excluded.due_at
                WHEN hints.due_at <= excluded.first_at THEN hints.due_at
                ELSE MIN(excluded.due_at, hints.dirty_at +
                  CASE WHEN excluded.due_at - excluded.first_at > ${String(USER_PAUSE_MS)}
                       THEN ${String(GROUP_LONGEST_MS)} ELSE ${String(USER_LONGEST_MS)} END) END,
  hinted = hints.hinted + 1`;

function pauseMs({ subject, via, urgent }: Hint): number {
  if (subject.kind === "all") return 0;
  if (subject.kind === "group" || via !== null) return GROUP_PAUSE_MS;
  return urgent ? 0 : USER_PAUSE_MS;
}

/** Marks subjects dirty, inside the caller's transaction. Equal subjects become one row. */
export async function addHints(trx: Knex, hints: Hint[], now: number): Promise<void> {
  const merged = new Map<string, Hint>();
  for (const hint of hints) {
    const id = JSON.stringify([hint.subject.connection, hint.subject.kind, hint.subject.key]);
    const known = merged.get(id);
    const via = known && known.via !== hint.via ? null : hint.via;
    merged.set(id, { subject: hint.subject, via, urgent: hint.urgent || (known?.urgent ?? false) });
  }
  const rows = [...merged.values()].map((hint) => {
    const { connection, kind, key } = hint.subject;
    return [connection, kind, key, 1, now + pauseMs(hint), now, now, hint.via, hint.urgent];
  });
  await insertRows(trx, "hints", COLUMNS, rows, MERGE);
}

const COUNTERS = "connection, kind, key, hinted, due_at, first_at";

/**
 * The rows that a list of [kind, key, counter] names. Written as an upsert and not as UPDATE … FROM, for which SQLite
 * walks the list once for every hint of the connection: 10,000 hints took 79 s instead of 0.1 s.
 */
const EXISTING = `SELECT h.connection, h.kind, h.key, h.hinted, h.due_at, h.first_at, json_extract(j.value,'$[2]')
  FROM json_each(?) AS j CROSS JOIN hints AS h
  WHERE h.connection = ? AND h.kind = json_extract(j.value,'$[0]') AND h.key = json_extract(j.value,'$[1]')`;

/** The rows of `hints`: what is dirty, what is resolved, what failed. */
export class Hints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(hints: Hint[], now: number): Promise<void> {
    await transaction(this.#database, (trx) => addHints(trx, hints, now));
  }

  /** Dirty users and groups that are due, urgent ones first; not those hinted through a group of `apart`. */
  async dirty(connection: string, now: number, limit: number, apart: string[] = []): Promise<DirtyHint[]> {
    // Two ordered walks of the index: sorting all that is due by `urgent` took 50 ms with 100,000 hints.
    const due = (urgent: number): string =>
      `SELECT * FROM (SELECT kind, key, hinted, attempts, via, first_at AS firstAt FROM hints
       WHERE connection = :connection AND urgent = ${String(urgent)} AND hinted > resolved AND due_at <= :now
         AND kind <> 'all' AND (via IS NULL OR via NOT IN (SELECT value FROM json_each(:apart)))
       ORDER BY due_at LIMIT :limit)`;
    const values = { connection, now, apart: jsonList(apart), limit };
    return this.#database.reader.raw<DirtyHint[]>(`${due(1)} UNION ALL ${due(0)} LIMIT :limit`, values);
  }

  /** All dirty people hinted through one group. */
  async dirtyVia(connection: string, group: string): Promise<DirtyHint[]> {
    return this.#database.reader.raw<DirtyHint[]>(
      `SELECT kind, key, hinted, attempts, via, first_at AS firstAt FROM hints
       WHERE connection = ? AND kind = 'user' AND via = ? AND hinted > resolved`,
      [connection, group],
    );
  }

  /** These people need a read of their own, whatever group hinted them. */
  async alone(connection: string, keys: string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#database.writer.raw(
      `UPDATE hints SET via = NULL WHERE connection = ? AND kind = 'user'
       AND key IN (SELECT value FROM json_each(?))`,
      [connection, jsonList(keys)],
    );
  }

  /** The hint for the whole collection, when it is dirty and due. */
  async dirtyAll(connection: string, now: number): Promise<DirtyHint | null> {
    const rows = await this.#database.reader.raw<DirtyHint[]>(
      `SELECT kind, key, hinted, attempts, via, first_at AS firstAt FROM hints
       WHERE connection = ? AND kind = 'all' AND hinted > resolved AND due_at <= ?`,
      [connection, now],
    );
    return rows[0] ?? null;
  }

  /** A read that began at `readAt` succeeded: everything hinted up to `hinted` now waits for a decision. */
  async resolved(
    connection: string,
    hints: { kind: SubjectKind; key: string; hinted: number }[],
    readAt: number,
  ): Promise<void> {
    if (hints.length === 0) return;
    await this.#database.writer.raw(
      `INSERT INTO hints (${COUNTERS}, resolved) ${EXISTING}
       ON CONFLICT (connection, kind, key) DO UPDATE SET
         resolved = MAX(hints.resolved, excluded.resolved), read_at = ?, attempts = 0, error = NULL`,
      [jsonRows(hints.map((hint) => [hint.kind, hint.key, hint.hinted])), connection, readAt],
    );
  }

  /** Asks for a decision on subjects whose rows are fresh, without another read. */
  async undecided(connection: string, subjects: { kind: "user" | "group"; key: string }[], now: number): Promise<void> {
    const rows = subjects.map(({ kind, key }) => [connection, kind, key, 1, 1, now, now]);
    await insertRows(
      this.#database.writer,
      "hints",
      ["connection", "kind", "key", "hinted", "resolved", "due_at", "first_at"],
      rows,
      `ON CONFLICT (connection, kind, key) DO UPDATE SET
         first_at = CASE WHEN hints.hinted > hints.done THEN hints.first_at ELSE excluded.first_at END,
         resolved = CASE WHEN hints.hinted > hints.resolved THEN hints.resolved ELSE hints.hinted + 1 END,
         hinted = hints.hinted + 1`,
    );
  }

  /** The read failed: try again at `dueAt`. */
  async failed(connection: string, hint: DirtyHint, error: string, dueAt: number): Promise<void> {
    await this.#database
      .writer("hints")
      .where({ connection, kind: hint.kind, key: hint.key, hinted: hint.hinted })
      .update({ attempts: hint.attempts + 1, error, due_at: dueAt });
  }

  /** Subjects read and not yet decided; groups first, since their people are then decided together. */
  async toDecide(connection: string, limit: number): Promise<ResolvedHint[]> {
    return this.#database.reader.raw<ResolvedHint[]>(
      `SELECT kind, key, resolved, first_at AS firstAt, read_at AS readAt FROM hints
       WHERE connection = ? AND resolved > done ORDER BY kind, first_at LIMIT ?`,
      [connection, limit],
    );
  }
}

/** A group through which many people were hinted, who wait to be read together. */
export interface GatheringGroup {
  via: string;
  oldestAt: number;
  newestAt: number;
}

export async function gatheringGroups(db: Knex, connection: string): Promise<GatheringGroup[]> {
  return db.raw<GatheringGroup[]>(
    `SELECT via, MIN(dirty_at) AS oldestAt, MAX(dirty_at) AS newestAt FROM hints
     WHERE connection = ? AND kind = 'user' AND via IS NOT NULL AND hinted > resolved
     GROUP BY via HAVING COUNT(*) >= ${String(GATHER_FROM)}`,
    [connection],
  );
}

/** How many subjects wait for company or for a decision. Whoever waits longer than for company waits for a retry. */
export async function freshHints(db: Knex, connection: string, now: number): Promise<number> {
  const rows = await db.raw<{ fresh: number }[]>(
    `SELECT COUNT(*) AS fresh FROM hints
     WHERE connection = ? AND first_at > ? AND ((hinted > resolved AND attempts = 0) OR resolved > done)`,
    [connection, now - GROUP_LONGEST_MS],
  );
  return rows[0]?.fresh ?? 0;
}

/** When the next hint that is not due yet will be: one that waits for company, or after a failure. */
export async function nextHintDue(db: Knex, connection: string, now: number): Promise<number | null> {
  const next = (urgent: number): string =>
    `(SELECT MIN(due_at) FROM hints WHERE connection = :connection AND urgent = ${String(urgent)}
      AND hinted > resolved AND due_at > :now)`;
  const rows = await db.raw<{ urgent: number | null; other: number | null }[]>(
    `SELECT ${next(1)} AS urgent, ${next(0)} AS other`,
    { connection, now },
  );
  const dueAt = Math.min(rows[0]?.urgent ?? Infinity, rows[0]?.other ?? Infinity);
  return dueAt === Infinity ? null : dueAt;
}

/** Decided, inside the decision's transaction: what was hinted since stays, the rest is forgotten. */
export async function markDone(trx: Knex, connection: string, hints: ResolvedHint[]): Promise<void> {
  await trx.raw(
    `INSERT INTO hints (${COUNTERS}, done) ${EXISTING}
     ON CONFLICT (connection, kind, key) DO UPDATE SET done = excluded.done`,
    [jsonRows(hints.map((hint) => [hint.kind, hint.key, hint.resolved])), connection],
  );
  await trx.raw("DELETE FROM hints WHERE connection = ? AND hinted <= done", [connection]);
}
