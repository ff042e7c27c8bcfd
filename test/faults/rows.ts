import { copyFileSync, existsSync, rmSync } from "node:fs";
import { openDatabase, type Database } from "../../src/store/database.ts";
import { addRequest } from "../../src/store/requests.ts";

/** What waits in the store, and where it has come to. */
export interface Waiting {
  /** Hinted, not read. */
  dirty: number;
  /** Read, not decided. */
  undecided: number;
  /** Decided, not sent. */
  unsent: number;
  /** Sent, not read back. */
  sending: number;
  requests: number;
}

/**
 * Looks into the store as a killed process left it, without touching it: SQLite replays the
 * write-ahead log at the first opening, and that must be the next process's work, not ours.
 */
export async function inspectCopy<T>(storeFile: string, look: (database: Database) => Promise<T>): Promise<T> {
  const copy = `${storeFile}.copy`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${copy}${suffix}`, { force: true });
  for (const suffix of ["", "-wal"]) {
    if (existsSync(`${storeFile}${suffix}`)) copyFileSync(`${storeFile}${suffix}`, `${copy}${suffix}`);
  }
  await using database = openDatabase(copy);
  return await look(database);
}

/** What waits; nothing at all when the store has no tables yet. */
export async function readWaiting({ reader }: Database): Promise<Waiting> {
  const count = async (table: string, where: string): Promise<number> => {
    const rows = await reader.raw<{ n: number }[]>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`);
    return rows[0]?.n ?? 0;
  };
  if ((await count("sqlite_master", "name = 'requests'")) === 0)
    return { dirty: 0, undecided: 0, unsent: 0, sending: 0, requests: 0 };
  return {
    dirty: await count("hints", "hinted > resolved"),
    undecided: await count("hints", "resolved > done"),
    unsent: await count("operations", "state IN ('ready', 'waiting')"),
    sending: await count("operations", "state = 'sending'"),
    requests: await count("requests", "state IN ('open', 'running')"),
  };
}

export function isQuiet(waiting: Waiting): boolean {
  return Object.values(waiting).every((count) => count === 0);
}

/** Of these event ids, the ones that the inbox does not hold. */
export async function missingEvents({ reader }: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await reader.raw<{ id: string }[]>(
    "SELECT value AS id FROM json_each(?) WHERE value NOT IN (SELECT event_id FROM inbox)",
    [JSON.stringify(ids)],
  );
  return rows.map(({ id }) => id);
}

/** What the store must never be, whatever happened: damaged, or at odds with itself. */
export async function storeFaults({ reader }: Database): Promise<string[]> {
  const checks = await reader.raw<{ integrity_check: string }[]>("PRAGMA integrity_check");
  const faults = checks
    .filter((row) => row.integrity_check !== "ok")
    .map((row) => `integrity_check: ${row.integrity_check}`);
  const states = await reader.raw<{ state: string; type: string; n: number }[]>(
    "SELECT state, type, COUNT(*) AS n FROM operations WHERE state IN ('held', 'failed', 'rejected') GROUP BY state, type",
  );
  for (const { state, type, n } of states) faults.push(`${String(n)} ${type} ${state}, which nothing here justifies`);
  const unread = await reader.raw<{ id: number; label: string }[]>(
    `SELECT id, label FROM operations AS o WHERE state = 'done'
     AND NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.operation = o.id AND j.step = 'read back')`,
  );
  for (const { id, label } of unread) faults.push(`operation ${String(id)} (${label}) is done and was never read back`);
  return faults;
}

/** Asks the running process for a `sync`, as the command line does: with a row. */
export async function requestSync(storeFile: string, full: boolean): Promise<void> {
  await using database = openDatabase(storeFile);
  const args = { command: "sync", connection: null, full };
  await addRequest(database.writer, "sync", args, Date.now());
}
