import type { Knex } from "knex";

export interface RunRow {
  connection: string;
  /** `poll` or `reconcile`. */
  tick: string;
  /** The nominal time of the tick, or what asked for the run. */
  slot: string;
  started_at: number;
  finished_at: number | null;
  /** `ok`, or the failure in one sentence. */
  result: string | null;
  proof: string | null;
  counts: string | null;
}

/** False: this slot has already had its run. */
export async function beginRun(
  db: Knex,
  connection: string,
  tick: string,
  slot: string,
  now: number,
): Promise<boolean> {
  const rows = await db("runs")
    .insert({ connection, tick, slot, started_at: now })
    .onConflict(["connection", "tick", "slot"])
    .ignore()
    .returning("slot");
  return rows.length > 0;
}

export async function finishRun(
  db: Knex,
  run: { connection: string; tick: string; slot: string },
  outcome: { result: string; proof: string | null; counts: Record<string, number> | null },
  now: number,
): Promise<void> {
  await db("runs")
    .where({ connection: run.connection, tick: run.tick, slot: run.slot })
    .update({ ...outcome, counts: outcome.counts === null ? null : JSON.stringify(outcome.counts), finished_at: now });
}

/** The newest run of a tick, or the newest good one. */
export async function lastRun(
  db: Knex,
  connection: string,
  tick: string,
  only: "any" | "ok" = "any",
): Promise<RunRow | null> {
  const query = db<RunRow>("runs").where({ connection, tick });
  if (only === "ok") void query.where({ result: "ok" });
  return (await query.orderBy("started_at", "desc").first()) ?? null;
}
