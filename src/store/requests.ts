import type { Knex } from "knex";

/** What a command asks of the process that owns the store. */
export interface RequestRow {
  id: number;
  command: string;
  args: string;
  /** running: a process has taken it; if that one dies, the next takes it again. */
  state: "open" | "running" | "done" | "failed";
  result: string | null;
  created_at: number;
  finished_at: number | null;
}

export async function addRequest(db: Knex, command: string, args: unknown, now: number): Promise<number> {
  const rows: { id: number }[] = await db("requests")
    .insert({ command, args: JSON.stringify(args), state: "open", created_at: now })
    .returning("id");
  const [row] = rows;
  if (!row) throw new Error("the store gave no id for the request");
  return row.id;
}

/** What has not been carried out yet, oldest first; only the one named, when one is. */
export async function openRequests(db: Knex, only?: number): Promise<RequestRow[]> {
  const query = db<RequestRow>("requests").whereIn("state", ["open", "running"]).orderBy("id");
  if (only !== undefined) void query.where({ id: only });
  return query;
}

export async function takeRequest(db: Knex, id: number): Promise<void> {
  await db("requests").where({ id }).update({ state: "running" });
}

export async function readRequest(db: Knex, id: number): Promise<RequestRow | null> {
  return (await db<RequestRow>("requests").where({ id }).first()) ?? null;
}

export async function finishRequest(
  db: Knex,
  id: number,
  state: "done" | "failed",
  result: unknown,
  now: number,
): Promise<void> {
  await db("requests")
    .where({ id })
    .update({ state, result: JSON.stringify(result), finished_at: now });
}
