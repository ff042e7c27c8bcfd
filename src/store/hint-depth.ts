import type { Knex } from "knex";
import type { SubjectKind } from "../domain/subject.ts";

/** How many subjects wait, and since when. */
export async function hintDepth(db: Knex, connection: string): Promise<{ waiting: number; oldestAt: number | null }> {
  const rows = await db.raw<{ waiting: number; oldestAt: number | null }[]>(
    "SELECT COUNT(*) AS waiting, MIN(first_at) AS oldestAt FROM hints WHERE connection = ? AND hinted > done",
    [connection],
  );
  return rows[0] ?? { waiting: 0, oldestAt: null };
}

export interface BlockedHint {
  kind: SubjectKind;
  key: string;
  attempts: number;
  error: string;
}

/** Subjects whose reads keep failing, the most stubborn first. */
export async function blockedHints(db: Knex, connection: string): Promise<BlockedHint[]> {
  return db.raw<BlockedHint[]>(
    `SELECT kind, key, attempts, error FROM hints
     WHERE connection = ? AND hinted > resolved AND attempts > 0 ORDER BY attempts DESC LIMIT 100`,
    [connection],
  );
}
