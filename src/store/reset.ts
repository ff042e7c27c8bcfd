import type { Knex } from "knex";
import { qualified } from "../domain/subject.ts";

const READ = ["hints", "directory", "edges", "cursors", "runs", "directory_errors"];

/**
 * Forgets what was read of a directory and where its feeds stand: the next read is a full one. What the bridge manages
 * in Bitwarden stays in the ledger.
 */
export async function forgetDirectory(trx: Knex, connection: string): Promise<void> {
  for (const table of READ) await trx(table).where({ connection }).delete();
  await trx("connections")
    .where({ name: connection })
    .update({ directory_identity: null, snapshot_scope_hash: null, scope_hash: null });
}

/** What forgetting a ledger means, in numbers. */
export interface Forgotten {
  members: number;
  groups: number;
  /** Members whom the bridge has revoked and would not restore any more. */
  revokedByUs: number;
}

/** What the ledger holds of a connection, or of the whole organization. */
export async function ledgerOf(db: Knex, organization: string, connection: string | null): Promise<Forgotten> {
  const rows = await db.raw<Forgotten[]>(
    `SELECT COALESCE(SUM(kind = 'user'), 0) AS members, COALESCE(SUM(kind = 'group'), 0) AS "groups",
       COALESCE(SUM(kind = 'user' AND status = -1 AND revoked_by_us = 1), 0) AS revokedByUs
     FROM ledger WHERE organization = ? AND substr(key, 1, ?) = ?`,
    [organization, ...prefix(connection)],
  );
  return rows[0] ?? { members: 0, groups: 0, revokedByUs: 0 };
}

/**
 * Forgets what the bridge manages, of a connection or of the whole organization: at the next read everything that
 * carries an external id of the directory is taken over anew, and the first plan waits for approval again.
 */
export async function forgetLedger(trx: Knex, organization: string, connection: string | null): Promise<void> {
  const [length, start] = prefix(connection);
  const of = async (table: string, column: string): Promise<void> => {
    const where = `organization = ? AND substr(${column}, 1, ?) = ?`;
    await trx.raw(`DELETE FROM ${table} WHERE ${where}`, [organization, length, start]);
  };
  await of("ledger", "key");
  await of("ledger_members", "user_key");
  await of("ledger_members", "group_key");
  await of("joined", "person");
  await of("notices", "key");
  await trx.raw(
    `UPDATE operations SET state = 'withdrawn', open = NULL, finished_at = ?
     WHERE organization = ? AND open = 1 AND substr(key, 1, ?) = ?`,
    [Date.now(), organization, length, start],
  );
  await trx("organizations")
    .where({ name: organization })
    .update({ first_run_approved_at: null, first_run_approved_by: null });
  if (connection === null) await trx("organizations").where({ name: organization }).update({ bitwarden_id: null });
}

/** How qualified keys of the connection begin; of all connections: every key does. */
function prefix(connection: string | null): [number, string] {
  const start = connection === null ? "" : qualified(connection, "");
  return [start.length, start];
}
