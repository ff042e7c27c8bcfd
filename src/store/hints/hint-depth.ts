import type { Knex } from "knex";
import type { SubjectKind } from "../../domain/subject.ts";
import { GROUP_LONGEST_MS } from "./add-hints.ts";

/** From so many people hinted through one group on, the group is read once instead of each of them. */
const GATHER_FROM = 20;

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
