import type { Knex } from "knex";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Small enough that a write that waits behind one deletion does not notice. */
const BATCH_ROWS = 2_000;

interface Rule {
  table: string;
  key: string;
  /** True of what may go; `?` is the time before which it is old, in milliseconds. */
  old: string;
  days: number;
}

/**
 * What nothing needs any more. Never among them: an open operation, the ledger, and what is gone from a directory,
 * because each of them is what a later removal or its refusal is judged by.
 */
const RULES: Rule[] = [
  // Longer than any sender repeats an event.
  { table: "inbox", key: "connection, event_id", old: "received_at < ?", days: 7 },
  { table: "requests", key: "id", old: "state IN ('done', 'failed') AND finished_at < ?", days: 30 },
  { table: "runs", key: "connection, tick, slot", old: "started_at < ?", days: 90 },
  // The guard looks back seven days.
  { table: "operations", key: "id", old: "open IS NULL AND finished_at < ?", days: 90 },
  // A yearly audit finds the whole year and has a month to look.
  { table: "journal", key: "id", old: "at < ?", days: 400 },
];

/** Deletes what is older than its table keeps, in many short statements. `now`: milliseconds. Ends early on `signal`. */
export async function prune(db: Knex, now: number, signal: AbortSignal): Promise<void> {
  for (const { table, key, old, days } of RULES) {
    const before = now - days * DAY_MS;
    for (let deleted = BATCH_ROWS; deleted === BATCH_ROWS && !signal.aborted;) {
      const oldest = db(table).select(db.raw(key)).whereRaw(old, [before]).limit(BATCH_ROWS);
      deleted = await db(table).whereRaw(`(${key}) IN (?)`, [oldest]).delete();
    }
  }
}
