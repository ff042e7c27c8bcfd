import { openDatabase, type Database } from "../../../../src/store/database.ts";

/** What the bridge itself says is left to do. It only decides when to look; what is right is never taken from here. */
export interface Left {
  /** Hinted and not read, or read and not decided. */
  hints: number;
  /** To be sent, now or at the next attempt. */
  ready: number;
  /** Under way, or sent and not read back yet. */
  sending: number;
  held: number;
  requests: number;
}

const COUNTS = `SELECT
  (SELECT COUNT(*) FROM hints WHERE hinted > done) AS hints,
  (SELECT COUNT(*) FROM operations WHERE state = 'ready') AS ready,
  (SELECT COUNT(*) FROM operations WHERE state IN ('sending', 'confirming')) AS sending,
  (SELECT COUNT(*) FROM operations WHERE state = 'held') AS held,
  (SELECT COUNT(*) FROM requests WHERE state IN ('open', 'running')) AS requests`;

export function openRows(storeFile: string): Database {
  return openDatabase(storeFile);
}

export async function readLeft({ reader }: Database): Promise<Left> {
  const [left] = await reader.raw<Left[]>(COUNTS);
  if (!left) throw new Error("no row of counts");
  return left;
}

/** Open operations and failing hints in words, for an accusation of never being quiet. */
export async function describeLeft({ reader }: Database): Promise<string> {
  const hints: unknown = await reader.raw(
    "SELECT kind, key, attempts, error FROM hints WHERE hinted > done ORDER BY attempts DESC LIMIT 4",
  );
  const operations: unknown = await reader.raw(
    "SELECT type, label, state, attempts, error FROM operations WHERE open = 1 ORDER BY state DESC LIMIT 6",
  );
  return JSON.stringify({ hints, operations });
}

/** How long the slowest `approve`, `reject`, `start` or `stop` so far waited for its answer, in ms. */
export async function slowestAnswerMs({ reader }: Database): Promise<number> {
  const rows = await reader.raw<{ ms: number | null }[]>(
    "SELECT MAX(finished_at - created_at) AS ms FROM requests WHERE command <> 'sync' AND finished_at IS NOT NULL",
  );
  return rows[0]?.ms ?? 0;
}
