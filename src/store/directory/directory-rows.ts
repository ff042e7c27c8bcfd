import type { Knex } from "knex";
import type { DirectoryGroup, DirectoryUser, GroupState, UserState } from "../../domain/directory.ts";
import type { GroupRecord, UserRecord } from "../../domain/model.ts";
import { insertRows, jsonList, type Cell } from "../bulk.ts";

/** A row of `directory` as SQL gives it. */
interface Row {
  kind: "user" | "group";
  key: string;
  externalId: string;
  label: string | null;
  link: string | null;
  state: UserState;
  clause: string | null;
  confirmed: number;
  readNo: number;
  readAt: number;
}

/** Taken before the directory is asked. */
export interface ReadStamp {
  /** Of two reads the one with the higher number knows better. */
  no: number;
  /** Epoch ms when it began. */
  at: number;
}

const SELECT = `SELECT kind, key, external_id AS externalId, label, link, state, clause, confirmed, read_no AS readNo,
                read_at AS readAt FROM directory WHERE connection = ? AND kind = ?`;

/** Users by key; all of them when no keys are given. */
export async function loadUsers(
  db: Knex,
  connection: string,
  keys?: Iterable<string>,
): Promise<Map<string, UserRecord>> {
  const rows = await load(db, connection, "user", keys);
  return new Map(rows.map((row) => [row.key, toUser(row)]));
}

/** Groups by key; all of them when no keys are given. */
export async function loadGroups(
  db: Knex,
  connection: string,
  keys?: Iterable<string>,
): Promise<Map<string, GroupRecord>> {
  const rows = await load(db, connection, "group", keys);
  return new Map(rows.map((row) => [row.key, toGroup(row)]));
}

async function load(db: Knex, connection: string, kind: "user" | "group", keys?: Iterable<string>): Promise<Row[]> {
  if (keys === undefined) return db.raw<Row[]>(SELECT, [connection, kind]);
  return db.raw<Row[]>(`${SELECT} AND key IN (SELECT value FROM json_each(?))`, [connection, kind, jsonList(keys)]);
}

function toUser(row: Row): UserRecord {
  const { key, externalId, label, link, state, clause, readNo, readAt } = row;
  return { key, externalId, email: label, link, state, clause, confirmed: row.confirmed === 1, readNo, readAt };
}

function toGroup(row: Row): GroupRecord {
  const { key, externalId, clause, readNo, readAt } = row;
  const state: GroupState = row.state === "disabled" ? "out" : row.state;
  return { key, externalId, name: row.label ?? "", state, clause, confirmed: row.confirmed === 1, readNo, readAt };
}

const COLUMNS = [
  "connection",
  "kind",
  "key",
  "external_id",
  "label",
  "link",
  "state",
  "clause",
  "confirmed",
  "read_no",
  "read_at",
];

/** A row is overwritten only by a read that began later. */
const NEWER = `ON CONFLICT (connection, kind, key) DO UPDATE SET
  external_id = excluded.external_id, label = excluded.label, link = excluded.link, state = excluded.state, clause = excluded.clause,
  confirmed = excluded.confirmed, read_no = excluded.read_no, read_at = excluded.read_at
  WHERE excluded.read_no > directory.read_no`;

/** `confirmed`: by a direct read by id. */
export function userRow(connection: string, user: DirectoryUser, confirmed: boolean, stamp: ReadStamp): Cell[] {
  const { key, externalId, email, link, state, clause } = user;
  return [
    connection,
    "user",
    key,
    externalId,
    email,
    link ?? null,
    state,
    clause ?? null,
    confirmed,
    stamp.no,
    stamp.at,
  ];
}

/** `confirmed`: by a direct read by id. */
export function groupRow(connection: string, group: DirectoryGroup, confirmed: boolean, stamp: ReadStamp): Cell[] {
  const { key, externalId, name, state, clause } = group;
  return [connection, "group", key, externalId, name, null, state, clause ?? null, confirmed, stamp.no, stamp.at];
}

export async function upsertRows(trx: Knex, rows: Cell[][]): Promise<void> {
  await insertRows(trx, "directory", COLUMNS, rows, NEWER);
}

/** A direct read by id said that it does not exist. Unknown subjects stay unknown. */
export async function markGone(
  trx: Knex,
  connection: string,
  kind: "user" | "group",
  key: string,
  evidence: string,
  stamp: ReadStamp,
): Promise<void> {
  await trx.raw(
    `UPDATE directory SET state = 'gone', clause = ?, confirmed = 1, read_no = ?, read_at = ?
     WHERE connection = ? AND kind = ? AND key = ? AND read_no < ?`,
    [evidence, stamp.no, stamp.at, connection, kind, key, stamp.no],
  );
}

/** The number of the last direct read that brought a complete list: a user's groups, or a group's members. 0: none. */
export async function listNo(trx: Knex, connection: string, kind: "user" | "group", key: string): Promise<number> {
  const rows = await trx.raw<{ list_no: number }[]>(
    "SELECT list_no FROM directory WHERE connection = ? AND kind = ? AND key = ?",
    [connection, kind, key],
  );
  return rows[0]?.list_no ?? 0;
}

export async function setListNo(
  trx: Knex,
  connection: string,
  kind: "user" | "group",
  key: string,
  stamp: ReadStamp,
): Promise<void> {
  await trx("directory").where({ connection, kind, key }).update({ list_no: stamp.no });
}

/** Users, of all or of the given ones, whose groups were listed by a later read. */
export async function listedLater(
  trx: Knex,
  connection: string,
  stamp: ReadStamp,
  users?: Iterable<string>,
): Promise<Set<string>> {
  const from =
    users === undefined
      ? "directory AS d WHERE"
      : "json_each(?) AS j CROSS JOIN directory AS d WHERE d.key = j.value AND";
  const rows = await trx.raw<{ key: string }[]>(
    `SELECT d.key FROM ${from} d.connection = ? AND d.kind = 'user' AND d.list_no > ?`,
    [...(users === undefined ? [] : [jsonList(users)]), connection, stamp.no],
  );
  return new Set(rows.map((row) => row.key));
}

/** Which of the keys are known. */
export async function knownKeys(
  trx: Knex,
  connection: string,
  kind: "user" | "group",
  keys: Iterable<string>,
): Promise<string[]> {
  const rows = await trx.raw<{ key: string }[]>(
    `SELECT d.key FROM json_each(?) AS j CROSS JOIN directory AS d
     WHERE d.connection = ? AND d.kind = ? AND d.key = j.value`,
    [jsonList(keys), connection, kind],
  );
  return rows.map((row) => row.key);
}

/** Which of the keys are unknown. */
export async function unknownKeys(
  trx: Knex,
  connection: string,
  kind: "user" | "group",
  keys: Iterable<string>,
): Promise<string[]> {
  const rows = await trx.raw<{ value: string }[]>(
    `SELECT value FROM json_each(?) WHERE value NOT IN (SELECT key FROM directory WHERE connection = ? AND kind = ?)`,
    [jsonList(keys), connection, kind],
  );
  return rows.map((row) => row.value);
}

/** E-mail addresses that several active users claim; looks only at `emails` when given. */
export async function loadDuplicateEmails(db: Knex, connection: string, emails?: string[]): Promise<Set<string>> {
  const only = emails === undefined ? "" : "AND label IN (SELECT value FROM json_each(?))";
  const rows = await db.raw<{ label: string }[]>(
    `SELECT label FROM directory WHERE connection = ? AND kind = 'user' AND state = 'active' AND label IS NOT NULL ${only}
     GROUP BY label HAVING COUNT(*) > 1`,
    emails === undefined ? [connection] : [connection, jsonList(emails)],
  );
  return new Set(rows.map((row) => row.label));
}

/**
 * Keys of users who may be the same person as one of those described: by address, by the link that directories share,
 * or by external id.
 */
export async function lookalikeUsers(
  db: Knex,
  connection: string,
  like: { emails: string[]; links: string[]; externalIds: string[] },
): Promise<string[]> {
  const by = (column: string): string =>
    `SELECT key FROM directory WHERE connection = ? AND kind = 'user' AND ${column} IN (SELECT value FROM json_each(?))`;
  const rows = await db.raw<{ key: string }[]>(`${by("label")} UNION ${by("link")} UNION ${by("external_id")}`, [
    connection,
    jsonList(like.emails),
    connection,
    jsonList(like.links),
    connection,
    jsonList(like.externalIds),
  ]);
  return rows.map(({ key }) => key);
}
