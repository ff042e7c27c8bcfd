import type { Knex } from "knex";
import type { Subjects } from "../../domain/model.ts";
import type { Notice } from "../../domain/notices.ts";
import { insertRows, jsonList } from "../bulk.ts";

export interface NoticeRow extends Notice {
  /** Epoch ms when it was first seen. */
  since: number;
}

const COLUMNS = "kind, key, code, label, text, since";

/** Replaces the notices of the subjects of a decision; one that stays keeps its age. Answers the new ones. */
export async function replaceNotices(
  trx: Knex,
  organization: string,
  subjects: Subjects,
  notices: Notice[],
  now: number,
): Promise<Notice[]> {
  const known = await noticesOf(trx, organization, subjects);
  const id = (notice: { kind: string; key: string; code: string }): string =>
    `${notice.kind} ${notice.code} ${notice.key}`;
  const wanted = new Set(notices.map(id));
  const about = (row: { kind: string; key: string }): boolean =>
    subjects.all || (row.kind === "user" ? subjects.users : subjects.groups).has(row.key);
  const stale = known.filter((row) => about(row) && !wanted.has(id(row)));
  for (const kind of ["user", "group"] as const) {
    const keys = stale.filter((row) => row.kind === kind);
    for (const code of new Set(keys.map((row) => row.code))) {
      const list = jsonList(keys.filter((row) => row.code === code).map((row) => row.key));
      await trx("notices")
        .where({ organization, kind, code })
        .whereRaw("key IN (SELECT value FROM json_each(?))", [list])
        .delete();
    }
  }
  const rows = notices.map((notice) => [
    organization,
    notice.kind,
    notice.key,
    notice.code,
    notice.label,
    notice.text,
    now,
  ]);
  await insertRows(
    trx,
    "notices",
    ["organization", "kind", "key", "code", "label", "text", "since"],
    rows,
    "ON CONFLICT (organization, kind, key, code) DO UPDATE SET label = excluded.label, text = excluded.text",
  );
  const before = new Set(known.map(id));
  return notices.filter((notice) => !before.has(id(notice)));
}

/** The notices that a decision about these subjects may take back. */
export async function noticesOf(db: Knex, organization: string, subjects: Subjects): Promise<NoticeRow[]> {
  if (subjects.all) return listNotices(db, organization);
  const rows: NoticeRow[] = [];
  for (const kind of ["user", "group"] as const) {
    const keys = kind === "user" ? subjects.users : subjects.groups;
    const found = await db.raw<NoticeRow[]>(
      `SELECT ${COLUMNS} FROM notices WHERE organization = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))`,
      [organization, kind, jsonList(keys)],
    );
    rows.push(...found);
  }
  return rows;
}

export async function listNotices(db: Knex, organization: string): Promise<NoticeRow[]> {
  return db.raw<NoticeRow[]>(`SELECT ${COLUMNS} FROM notices WHERE organization = ? ORDER BY code, label`, [
    organization,
  ]);
}
