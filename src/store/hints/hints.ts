import type { Knex } from "knex";
import type { Hint } from "../../domain/hint.ts";
import type { SubjectKind } from "../../domain/subject.ts";
import { addHints, addNominated, addUndecided, type FreshSubject, type Nominated } from "./add-hints.ts";
import { jsonList, jsonRows } from "../bulk.ts";
import { transaction, type Database } from "../database.ts";

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

/** A subject and the counter up to which its hints are answered. */
type Answered = Pick<DirtyHint, "kind" | "key" | "hinted">;
/** What is needed of a subject to put it off when its read failed. */
export type Attempted = Pick<DirtyHint, "kind" | "key" | "hinted" | "attempts">;

/** The same for a hint and for everything that follows from it: `user/00u1@mhw3k2qc`. */
export function correlationId(hint: { kind: SubjectKind; key: string; firstAt: number }): string {
  return `${hint.kind}/${hint.key}@${hint.firstAt.toString(36)}`;
}

const COUNTERS = "connection, kind, key, hinted, due_at, first_at";

/**
 * The rows that a list of [kind, key, counter] names. Written as an upsert and not as UPDATE … FROM, for which SQLite
 * walks the list once for every hint of the connection: 10,000 hints took 79 s instead of 0.1 s.
 */
const EXISTING = `SELECT h.connection, h.kind, h.key, h.hinted, h.due_at, h.first_at, json_extract(j.value,'$[2]')
  FROM json_each(?) AS j CROSS JOIN hints AS h
  WHERE h.connection = ? AND h.kind = json_extract(j.value,'$[0]') AND h.key = json_extract(j.value,'$[1]')`;

const DIRTY = "SELECT kind, key, hinted, attempts, via, first_at AS firstAt FROM hints";
const RESOLVED = "SELECT kind, key, resolved, first_at AS firstAt, read_at AS readAt FROM hints";

/** The rows of `hints`: what is dirty, what is resolved, what failed. */
export class Hints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(hints: Hint[], now: number): Promise<void> {
    await transaction(this.#database, (trx) => addHints(trx, hints, now));
  }

  async undecided(connection: string, subjects: FreshSubject[], now: number): Promise<void> {
    await addUndecided(this.#database.writer, connection, subjects, now);
  }

  async nominate(connection: string, subjects: FreshSubject[], now: number): Promise<Nominated[]> {
    return addNominated(this.#database.writer, connection, subjects, now);
  }

  /** No snapshot reads these any more: whoever is still dirty is read in the usual way. */
  async releaseNominated(connection: string): Promise<void> {
    await this.#database.writer("hints").where({ connection, nominated: 1 }).update({ nominated: 0 });
  }

  /** Dirty users and groups that are due, urgent ones first; not those hinted through a group of `apart`. */
  async dirty(connection: string, now: number, limit: number, apart: string[] = []): Promise<DirtyHint[]> {
    // Two ordered walks of the index: sorting all that is due by `urgent` took 50 ms with 100,000 hints.
    const due = (urgent: number): string =>
      `SELECT * FROM (${DIRTY}
       WHERE connection = :connection AND urgent = ${String(urgent)} AND hinted > resolved AND due_at <= :now
         AND kind <> 'all' AND nominated = 0 AND (via IS NULL OR via NOT IN (SELECT value FROM json_each(:apart)))
       ORDER BY due_at LIMIT :limit)`;
    const values = { connection, now, apart: jsonList(apart), limit };
    return this.#database.reader.raw<DirtyHint[]>(`${due(1)} UNION ALL ${due(0)} LIMIT :limit`, values);
  }

  /** All dirty people hinted through one group. */
  async dirtyVia(connection: string, group: string): Promise<DirtyHint[]> {
    return this.#database.reader.raw<DirtyHint[]>(
      `${DIRTY} WHERE connection = ? AND kind = 'user' AND via = ? AND hinted > resolved`,
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
      `${DIRTY} WHERE connection = ? AND kind = 'all' AND hinted > resolved AND due_at <= ?`,
      [connection, now],
    );
    return rows[0] ?? null;
  }

  /** A read that began at `readAt` succeeded: everything hinted up to `hinted` now waits for a decision. */
  async resolved(connection: string, hints: Answered[], readAt: number): Promise<void> {
    await markResolved(this.#database.writer, connection, hints, readAt);
  }

  /** The read failed: try again at `dueAt`. */
  async failed(connection: string, hint: Attempted, error: string, dueAt: number): Promise<void> {
    await this.#database
      .writer("hints")
      .where({ connection, kind: hint.kind, key: hint.key, hinted: hint.hinted })
      .update({ attempts: hint.attempts + 1, error, due_at: dueAt });
  }

  /**
   * Subjects read and not yet decided; groups first, since their people are then decided together. At most `limit`,
   * but all of them when the whole directory is to be decided.
   */
  async toDecide(connection: string, limit: number): Promise<ResolvedHint[]> {
    const { reader } = this.#database;
    const undecided = `${RESOLVED} WHERE connection = ? AND resolved > done`;
    const first = await reader.raw<ResolvedHint[]>(`${undecided} ORDER BY kind, first_at LIMIT ?`, [connection, limit]);
    if (first.length < limit || first[0]?.kind !== "all") return first;
    return reader.raw<ResolvedHint[]>(`${undecided} ORDER BY kind, first_at`, [connection]);
  }
}

/** The same as `Hints.resolved`, inside the caller's transaction. */
export async function markResolved(trx: Knex, connection: string, hints: Answered[], readAt: number): Promise<void> {
  if (hints.length === 0) return;
  await trx.raw(
    `INSERT INTO hints (${COUNTERS}, resolved) ${EXISTING}
     ON CONFLICT (connection, kind, key) DO UPDATE SET
       resolved = MAX(hints.resolved, excluded.resolved), read_at = ?, attempts = 0, error = NULL`,
    [jsonRows(hints.map((hint) => [hint.kind, hint.key, hint.hinted])), connection, readAt],
  );
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
