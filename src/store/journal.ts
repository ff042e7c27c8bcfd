import type { Knex } from "knex";
import { insertRows } from "./bulk.ts";

export interface JournalEntry {
  organization: string;
  /** `connection/kind/key`. */
  subject: string;
  /** Id of the operation it belongs to, or null. */
  operation: number | null;
  step: string;
  data: Record<string, string | number | boolean | null>;
}

export interface JournalRow extends Omit<JournalEntry, "data"> {
  id: number;
  data: string;
  at: number;
}

/** Appends; nothing changes an entry, and only age deletes one (prune.ts). */
export async function appendJournal(trx: Knex, entries: JournalEntry[], now: number): Promise<void> {
  const rows = entries.map(({ organization, subject, operation, step, data }) => [
    organization,
    subject,
    operation,
    step,
    JSON.stringify(data),
    now,
  ]);
  await insertRows(trx, "journal", ["organization", "subject", "operation", "step", "data", "at"], rows);
}

/** Entries after `afterId`, oldest first; of the last `limit` when `afterId` is null. `subject`: only what contains it. */
export async function readJournal(
  db: Knex,
  filter: { afterId: number | null; subject: string | null; limit: number },
): Promise<JournalRow[]> {
  const query = db<JournalRow>("journal").select("*").limit(filter.limit);
  if (filter.subject !== null) {
    const like = `%${filter.subject}%`;
    void query.whereRaw("(subject LIKE ? OR data LIKE ?)", [like, like]);
  }
  if (filter.afterId !== null) return query.where("id", ">", filter.afterId).orderBy("id");
  const rows = await query.orderBy("id", "desc");
  return rows.reverse();
}
