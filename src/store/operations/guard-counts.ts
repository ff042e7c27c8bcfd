import type { Knex } from "knex";
import type { Executed } from "../../domain/plan/guard.ts";
import { GUARDED, guardClass, type GuardClass, type OperationType } from "../../domain/operation.ts";
import { jsonList } from "../bulk.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK_MS = 7 * DAY_MS;

export interface ExecutedCounts {
  byClass: Record<GuardClass, Executed>;
  byGroup: Map<string, Executed>;
}

/**
 * What was let through without a person's approval in the guard's rolling windows. What was withdrawn
 * counts when it had been sent and is not known to have had no effect.
 */
export async function executedCounts(db: Knex, organization: string, now: number): Promise<ExecutedCounts> {
  const counts: ExecutedCounts = {
    byClass: { members: none(), memberships: none(), groups: none(), invitations: none() },
    byGroup: new Map(),
  };
  const rows = await db.raw<{ type: OperationType; object: string; day: number; week: number }[]>(
    `SELECT type, object, SUM(released_at > ?) AS day, COUNT(*) AS week FROM operations
     WHERE organization = ? AND type IN (SELECT value FROM json_each(?)) AND released_at > ? AND approved_by IS NULL
       AND (state <> 'withdrawn' OR sent_at IS NOT NULL)
     GROUP BY type, object`,
    [now - DAY_MS, organization, jsonList(GUARDED), now - WEEK_MS],
  );
  for (const { type, object, day, week } of rows) {
    const name = guardClass(type);
    if (name === null) continue;
    add(counts.byClass[name], day, week);
    if (type !== "membership.remove") continue;
    const group = counts.byGroup.get(object) ?? none();
    counts.byGroup.set(object, group);
    add(group, day, week);
  }
  return counts;
}

function none(): Executed {
  return { day: 0, week: 0 };
}

function add(total: Executed, day: number, week: number): void {
  total.day += day;
  total.week += week;
}
