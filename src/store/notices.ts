import type { Knex } from "knex";
import type { Subjects } from "../domain/model.ts";
import type { Notice } from "../domain/operation.ts";
import { insertRows, jsonList } from "./bulk.ts";
import type { Owner } from "./ledger.ts";

export interface NoticeRow extends Notice {
  connection: string;
  /** Epoch ms when it was first seen. */
  since: number;
}

/** Replaces the notices of the subjects of a decision; one that stays keeps its age. Answers the new ones. */
export async function replaceNotices(
  trx: Knex,
  owner: Owner,
  subjects: Subjects,
  notices: Notice[],
  now: number,
): Promise<Notice[]> {
  const known = await trx<NoticeRow>("notices")
    .where({ ...owner })
    .select("kind", "key", "code");
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
        .where({ ...owner, kind, code })
        .whereRaw("key IN (SELECT value FROM json_each(?))", [list])
        .delete();
    }
  }
  const rows = notices.map((notice) => [
    owner.organization,
    owner.connection,
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
    ["organization", "connection", "kind", "key", "code", "label", "text", "since"],
    rows,
    "ON CONFLICT (organization, connection, kind, key, code) DO UPDATE SET label = excluded.label, text = excluded.text",
  );
  const before = new Set(known.map(id));
  return notices.filter((notice) => !before.has(id(notice)));
}

export async function listNotices(db: Knex, owner: Owner): Promise<NoticeRow[]> {
  return db<NoticeRow>("notices")
    .where({ ...owner })
    .orderBy(["code", "label"]);
}
