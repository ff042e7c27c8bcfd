import type { Knex } from "knex";
import type { BridgeError, ErrorCode } from "../domain/errors.ts";

export interface OrganizationRow {
  name: string;
  /** The Bitwarden organization that this store belongs to, once seen. */
  bitwarden_id: string | null;
  first_run_approved_at: number | null;
  first_run_approved_by: string | null;
  /** The last failure of Bitwarden, or of a decision, for the organization as a whole; cleared by the next success. */
  error: string | null;
  error_code: ErrorCode | null;
  error_at: number | null;
}

export interface ConnectionRow {
  name: string;
  organization: string;
  started: number;
  /** The scope by which people were last decided. */
  scope_hash: string | null;
  /** The scope under which the last complete snapshot was read; null: none yet. */
  snapshot_scope_hash: string | null;
  /** The directory that this connection reads, once seen. */
  directory_identity: string | null;
  /** Epoch ms of the newest event, by hook or poll. */
  last_received_at: number | null;
  /** Epoch ms for which events last asked for a snapshot. */
  everything_due_at: number;
  /** The newest failure of its directory as a whole; each kind of work clears its own. */
  error: string | null;
  error_code: ErrorCode | null;
  error_at: number | null;
}

/**
 * What is done with a directory, each with an error of its own, so that no success hides another's failure. `reads`:
 * single subjects; `nominated`: those whom the last snapshot wanted to read by id.
 */
export type DirectoryWork = "reads" | "nominated" | "snapshot" | "poll";

export interface DirectoryErrorRow {
  work: DirectoryWork;
  error: string;
  error_code: ErrorCode;
  error_at: number;
}

export async function organizationRow(db: Knex, name: string): Promise<OrganizationRow> {
  const row = await db<OrganizationRow>("organizations").where({ name }).first();
  return (
    row ?? {
      name,
      bitwarden_id: null,
      first_run_approved_at: null,
      first_run_approved_by: null,
      error: null,
      error_code: null,
      error_at: null,
    }
  );
}

/** True when it had not been approved before. */
export async function approveFirstRun(db: Knex, name: string, by: string, now: number): Promise<boolean> {
  const changed = await db("organizations")
    .where({ name })
    .whereNull("first_run_approved_at")
    .update({ first_run_approved_at: now, first_run_approved_by: by });
  return changed > 0;
}

export async function connectionRow(db: Knex, name: string): Promise<ConnectionRow | null> {
  const row = await db<ConnectionRow>("connections").where({ name }).first();
  if (row === undefined) return null;
  const [newest] = await directoryErrors(db, name);
  const { error = null, error_code = null, error_at = null } = newest ?? {};
  return { ...row, error, error_code, error_at };
}

/** Stopped connections only collect hints. */
export async function isStarted(db: Knex, name: string): Promise<boolean> {
  const row = await db<ConnectionRow>("connections").where({ name }).first("started");
  return row?.started === 1;
}

export async function setStarted(db: Knex, name: string, started: boolean): Promise<void> {
  await db("connections")
    .where({ name })
    .update({ started: started ? 1 : 0 });
}

/** Everybody of the connection was decided by the scope under which the last snapshot was read. */
export async function settleScopeHash(db: Knex, name: string): Promise<void> {
  await db.raw("UPDATE connections SET scope_hash = snapshot_scope_hash WHERE name = ?", [name]);
}

export async function setOrganizationError(db: Knex, name: string, error: BridgeError, now: number): Promise<void> {
  const row = { error: `${error.message} ${error.remedy}`, error_code: error.code, error_at: now };
  await db("organizations").where({ name }).update(row);
}

export async function clearOrganizationError(db: Knex, name: string): Promise<void> {
  await db("organizations")
    .where({ name })
    .whereNotNull("error")
    .update({ error: null, error_code: null, error_at: null });
}

/** The scope under which the snapshot was read that is decided next; written with its hint. */
export async function setSnapshotScope(trx: Knex, name: string, hash: string): Promise<void> {
  await trx("connections").where({ name }).update({ snapshot_scope_hash: hash });
}

/** `no`: the number of the snapshot. */
export async function beginSnapshot(db: Knex, name: string, no: number): Promise<void> {
  await db("connections").where({ name }).update({ snapshot_no: no });
}

/** The number of the last snapshot that began. */
export async function snapshotNo(trx: Knex, name: string): Promise<number> {
  const row = await trx<{ name: string; snapshot_no: number }>("connections").where({ name }).first("snapshot_no");
  return row?.snapshot_no ?? 0;
}

/** All failures of a connection's directory, the newest first. */
export async function directoryErrors(db: Knex, connection: string): Promise<DirectoryErrorRow[]> {
  return db<DirectoryErrorRow & { connection: string }>("directory_errors")
    .where({ connection })
    .orderBy("error_at", "desc");
}

export async function setDirectoryError(
  db: Knex,
  connection: string,
  work: DirectoryWork,
  { code, message, remedy }: BridgeError,
  now: number,
): Promise<void> {
  const row = { error: `${message} ${remedy}`, error_code: code, error_at: now };
  await db("directory_errors")
    .insert({ connection, work, ...row })
    .onConflict(["connection", "work"])
    .merge(row);
}

/** That work succeeded. */
export async function clearDirectoryError(db: Knex, connection: string, work: DirectoryWork): Promise<void> {
  await db("directory_errors").where({ connection, work }).delete();
}

export async function readCursor(db: Knex, connection: string, feed: string): Promise<string | null> {
  const row = await db<{ cursor: string; connection: string; feed: string }>("cursors")
    .where({ connection, feed })
    .first();
  return row?.cursor ?? null;
}

/** Moves with its effects: call it in the transaction that stores the hints of the page. */
export async function saveCursor(
  trx: Knex,
  connection: string,
  feed: string,
  cursor: string,
  now: number,
): Promise<void> {
  await trx("cursors")
    .insert({ connection, feed, cursor, at: now })
    .onConflict(["connection", "feed"])
    .merge({ cursor, at: now });
}

/** A stable UUID of this installation, made once; Vaultwarden insists on one, Bitwarden ignores it. */
export async function deviceIdentifier(db: Knex, candidate: string): Promise<string> {
  const known = await readCursor(db, "", "device");
  if (known !== null) return known;
  await saveCursor(db, "", "device", candidate, Date.now());
  return candidate;
}
