import { GROUP_LONGEST_MS } from "./add-hints.ts";
import type { Database, Sql } from "../database.ts";

/** The longest back-off of a subject, and of a whole directory. */
export const READ_LONGEST_MS = 5 * 60 * 1000;
export const SNAPSHOT_LONGEST_MS = 60 * 60 * 1000;

/** Somebody asks now, and may have removed the cause of a failure: nothing waits for its next attempt any more. */
export async function retryHintsNow(db: Sql, connection: string, now: number): Promise<void> {
  await db.raw(
    "UPDATE hints SET due_at = ? WHERE connection = ? AND hinted > resolved AND attempts > 0 AND due_at > ?",
    [now, connection, now],
  );
}

/** What failed at most `attempts` times is due by `dueAt` (epoch ms): it was the directory's fault, not its own. */
export async function hastenFailed(db: Sql, connection: string, attempts: number, dueAt: number): Promise<void> {
  await db.raw(
    `UPDATE hints SET due_at = ? WHERE connection = ? AND hinted > resolved AND kind <> 'all'
       AND attempts BETWEEN 1 AND ? AND due_at > ?`,
    [dueAt, connection, attempts, dueAt],
  );
}

/**
 * After the clock was set back, times lie in a future that nobody meant: no hint waits longer from `now` (epoch ms)
 * on than its longest pause or back-off.
 */
export async function clampWaits({ reader, writer }: Database, connection: string, now: number): Promise<void> {
  const latest = `CASE WHEN kind = 'all' THEN :now + ${String(SNAPSHOT_LONGEST_MS)}
    WHEN attempts > 0 THEN :now + ${String(READ_LONGEST_MS)} ELSE :now + ${String(GROUP_LONGEST_MS)} END`;
  const wrong = `connection = :connection AND hinted > resolved AND (due_at > ${latest} OR dirty_at > :now)`;
  const values = { connection, now };
  const found = await reader.raw<unknown[]>(`SELECT 1 FROM hints WHERE ${wrong} LIMIT 1`, values);
  if (found.length === 0) return;
  await writer.raw(
    `UPDATE hints SET due_at = MIN(due_at, ${latest}), dirty_at = MIN(dirty_at, :now), first_at = MIN(first_at, :now)
     WHERE ${wrong}`,
    values,
  );
}
