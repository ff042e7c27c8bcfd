import type { Knex } from "knex";
import { qualified, unqualified } from "../../domain/subject.ts";
import { jsonList } from "../bulk.ts";

/** Subjects by qualified key. */
export interface Relied {
  users: Set<string>;
  groups: Set<string>;
}

/**
 * Which of these subjects have an open hint, or were never heard of: something may have changed, or was read and is not yet decided. What takes
 * access away waits for them; every change of a row that is known opens one in its own transaction.
 */
export async function unsettled(db: Knex, relied: Relied): Promise<Relied> {
  return {
    users: await openHints(db, "user", relied.users),
    groups: await openHints(db, "group", relied.groups),
  };
}

async function openHints(db: Knex, kind: "user" | "group", names: Set<string>): Promise<Set<string>> {
  const open = new Set<string>();
  const byConnection = Map.groupBy([...names].map(unqualified), ({ connection }) => connection);
  for (const [connection, subjects] of byConnection) {
    const keys = jsonList(subjects.map(({ key }) => key));
    const rows = await db.raw<{ key: string }[]>(
      `SELECT key FROM hints WHERE connection = ? AND kind = ? AND hinted > done
       AND key IN (SELECT value FROM json_each(?))`,
      [connection, kind, keys],
    );
    for (const { key } of rows) open.add(qualified(connection, key));
    for (const key of await unheard(db, connection, kind, keys)) open.add(qualified(connection, key));
  }
  return open;
}

/** After a reset, or before its first complete read, a directory may still claim somebody of whom it has said nothing. */
async function unheard(db: Knex, connection: string, kind: "user" | "group", keys: string): Promise<string[]> {
  const rows = await db.raw<{ key: string }[]>(
    `SELECT value AS key FROM json_each(?)
     WHERE EXISTS (SELECT 1 FROM connections WHERE name = ? AND snapshot_scope_hash IS NULL)
       AND value NOT IN (SELECT key FROM directory WHERE connection = ? AND kind = ?)`,
    [keys, connection, connection, kind],
  );
  return rows.map(({ key }) => key);
}
