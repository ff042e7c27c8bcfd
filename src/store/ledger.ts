import type { Knex } from "knex";
import type { LedgerGroup, LedgerUser } from "../domain/model.ts";
import { insertRows, jsonList, jsonRows, unpack, type Cell, type Packed } from "./bulk.ts";

/** Whose ledger: one connection feeds one organization. */
export interface Owner {
  organization: string;
  connection: string;
}

interface UserRow {
  key: string;
  externalId: string;
  bwId: string;
  label: string;
  status: number;
  type: number;
  revokedByUs: number;
}

const USER_COLUMNS = `key, external_id AS externalId, bw_id AS bwId, label, status, type, revoked_by_us AS revokedByUs`;

/** Managed members by directory key; all of them when no keys are given. */
export async function loadLedgerUsers(
  db: Knex,
  owner: Owner,
  keys?: Iterable<string>,
): Promise<Map<string, LedgerUser>> {
  const rows = await db.raw<UserRow[]>(...selection(USER_COLUMNS, "user", owner, keys));
  return new Map(
    rows.map(({ key, externalId, bwId, label, status, type, revokedByUs }) => [
      key,
      { key, externalId, bwId, email: label, status, type, revokedByUs: revokedByUs === 1 },
    ]),
  );
}

/** Managed members that carry one of these external ids or addresses, whatever their key. */
export async function loadLedgerUsersLike(
  db: Knex,
  owner: Owner,
  externalIds: string[],
  emails: string[],
): Promise<Map<string, LedgerUser>> {
  const rows = await db.raw<{ key: string }[]>(
    `SELECT key FROM ledger WHERE organization = ? AND connection = ? AND kind = 'user'
     AND (external_id IN (SELECT value FROM json_each(?)) OR lower(label) IN (SELECT value FROM json_each(?)))`,
    [owner.organization, owner.connection, jsonList(externalIds), jsonList(emails)],
  );
  return loadLedgerUsers(
    db,
    owner,
    rows.map((row) => row.key),
  );
}

/** Bitwarden ids of everything that is managed. */
export async function managedIds(db: Knex, owner: Owner, kind: "user" | "group"): Promise<string[]> {
  const rows = await db<{ bw_id: string; kind: string } & Owner>("ledger")
    .where({ ...owner, kind })
    .select("bw_id");
  return rows.map((row) => row.bw_id);
}

/** Of these members (Bitwarden ids) those whom we revoked, whoever's they are: that stays with the member. */
export async function revokedByUsAmong(db: Knex, owner: Owner, bwIds: string[]): Promise<Set<string>> {
  const rows = await db<{ bw_id: string; kind: string; revoked_by_us: number } & Owner>("ledger")
    .where({ ...owner, kind: "user", revoked_by_us: 1 })
    .whereRaw("bw_id IN (SELECT value FROM json_each(?))", [jsonList(bwIds)])
    .select("bw_id");
  return new Set(rows.map((row) => row.bw_id));
}

/** Managed groups by directory key. */
export async function loadLedgerGroups(db: Knex, owner: Owner): Promise<Map<string, LedgerGroup>> {
  const columns = "key, external_id AS externalId, bw_id AS bwId, label AS name, members_verified_at AS verifiedAt";
  const rows = await db.raw<LedgerGroup[]>(...selection(columns, "group", owner));
  return new Map(rows.map((row) => [row.key, row]));
}

function selection(columns: string, kind: string, owner: Owner, keys?: Iterable<string>): [string, string[]] {
  const sql = `SELECT ${columns} FROM ledger WHERE organization = ? AND connection = ? AND kind = ?`;
  const bindings = [owner.organization, owner.connection, kind];
  if (keys === undefined) return [sql, bindings];
  return [`${sql} AND key IN (SELECT value FROM json_each(?))`, [...bindings, jsonList(keys)]];
}

/** Managed memberships: users by group, of all groups, or only those of the given users or groups. */
export async function loadLedgerMembers(
  db: Knex,
  owner: Owner,
  filter?: { users: Iterable<string> } | { groups: Iterable<string> },
): Promise<Map<string, Set<string>>> {
  let where = "organization = ? AND connection = ?";
  const bindings = [owner.organization, owner.connection];
  if (filter) {
    where += ` AND ${"users" in filter ? "user_key" : "group_key"} IN (SELECT value FROM json_each(?))`;
    bindings.push(jsonList("users" in filter ? filter.users : filter.groups));
  }
  const rows = await db.raw<Packed[]>(
    `SELECT group_key AS groupKey, json_group_array(user_key) AS keys FROM ledger_members WHERE ${where} GROUP BY group_key`,
    bindings,
  );
  return new Map([...unpack(rows)].map(([group, users]) => [group, new Set(users)]));
}

const LEDGER_COLUMNS = [
  "organization",
  "connection",
  "kind",
  "key",
  "external_id",
  "bw_id",
  "label",
  "status",
  "type",
  "revoked_by_us",
  "verified_at",
];
/** The external id is frozen at first sight: a later directory rename must not make a stranger of a member. */
const REFRESH = `ON CONFLICT (organization, connection, kind, key) DO UPDATE SET
  bw_id = excluded.bw_id, label = excluded.label, status = excluded.status, type = excluded.type,
  revoked_by_us = excluded.revoked_by_us, verified_at = excluded.verified_at`;

/** Writes members as they were read back. */
export async function saveLedgerUsers(trx: Knex, owner: Owner, users: LedgerUser[], now: number): Promise<void> {
  const rows = users.map(({ key, externalId, bwId, email, status, type, revokedByUs }): Cell[] => [
    owner.organization,
    owner.connection,
    "user",
    key,
    externalId,
    bwId,
    email,
    status,
    type,
    revokedByUs,
    now,
  ]);
  await release(trx, owner, "user", users);
  await insertRows(trx, "ledger", LEDGER_COLUMNS, rows, REFRESH);
}

/**
 * A Bitwarden object belongs to one key: whoever is deleted and created again in the directory, under a
 * new immutable id but the same external id, takes over from the old one.
 */
async function release(
  trx: Knex,
  owner: Owner,
  kind: "user" | "group",
  taking: { key: string; bwId: string }[],
): Promise<void> {
  const stale = await trx.raw<{ key: string }[]>(
    // CROSS JOIN keeps SQLite from walking the whole ledger for every row of the list.
    `SELECT l.key FROM json_each(?) AS j CROSS JOIN ledger AS l
     WHERE l.organization = ? AND l.kind = ? AND l.bw_id = json_extract(j.value,'$[1]')
       AND l.key <> json_extract(j.value,'$[0]')`,
    [jsonRows(taking.map(({ key, bwId }) => [key, bwId])), owner.organization, kind],
  );
  for (const { key } of stale) await forget(trx, owner, kind, key);
}

/** Writes groups as they were read back. */
export async function saveLedgerGroups(
  trx: Knex,
  owner: Owner,
  groups: { key: string; externalId: string; bwId: string; name: string }[],
  now: number,
): Promise<void> {
  const rows = groups.map(({ key, externalId, bwId, name }): Cell[] => [
    owner.organization,
    owner.connection,
    "group",
    key,
    externalId,
    bwId,
    name,
    0,
    0,
    false,
    now,
  ]);
  await release(trx, owner, "group", groups);
  await insertRows(trx, "ledger", LEDGER_COLUMNS, rows, REFRESH);
}

/** Forgets a member or group, its memberships included: it is no longer in Bitwarden. */
export async function forget(trx: Knex, owner: Owner, kind: "user" | "group", key: string): Promise<void> {
  await trx("ledger")
    .where({ ...owner, kind, key })
    .delete();
  await trx("ledger_members")
    .where({ ...owner, [kind === "user" ? "user_key" : "group_key"]: key })
    .delete();
}

/** Sets the managed members of a group to what was read live. */
export async function saveGroupMembers(
  trx: Knex,
  owner: Owner,
  group: string,
  users: Set<string>,
  now: number,
): Promise<void> {
  const stored = (await loadLedgerMembers(trx, owner, { groups: [group] })).get(group) ?? new Set<string>();
  const added = [...users].filter((user) => !stored.has(user));
  await insertRows(
    trx,
    "ledger_members",
    MEMBER_COLUMNS,
    added.map((user) => memberRow(owner, group, user)),
    "ON CONFLICT DO NOTHING",
  );
  const removed = [...stored].filter((user) => !users.has(user));
  if (removed.length > 0) {
    await trx.raw(
      `DELETE FROM ledger_members WHERE organization = ? AND connection = ? AND group_key = ?
       AND user_key IN (SELECT value FROM json_each(?))`,
      [owner.organization, owner.connection, group, jsonList(removed)],
    );
  }
  await trx("ledger")
    .where({ ...owner, kind: "group", key: group })
    .update({ members_verified_at: now });
}

/** Sets the managed groups of one person to what was read live. */
export async function saveUserGroups(trx: Knex, owner: Owner, user: string, groups: Set<string>): Promise<void> {
  await trx.raw(
    `DELETE FROM ledger_members WHERE organization = ? AND connection = ? AND user_key = ?
     AND group_key NOT IN (SELECT value FROM json_each(?))`,
    [owner.organization, owner.connection, user, jsonList(groups)],
  );
  await insertRows(
    trx,
    "ledger_members",
    MEMBER_COLUMNS,
    [...groups].map((group) => memberRow(owner, group, user)),
    "ON CONFLICT DO NOTHING",
  );
}

const MEMBER_COLUMNS = ["organization", "connection", "group_key", "user_key"];

function memberRow(owner: Owner, group: string, user: string): Cell[] {
  return [owner.organization, owner.connection, group, user];
}

/** What is managed now: the base of the guard's percentages. Revoked members hold no access, so do not count. */
export async function managedCounts(
  db: Knex,
  owner: Owner,
): Promise<{ members: number; memberships: number; groups: number }> {
  const rows = await db.raw<{ members: number; memberships: number; groups: number }[]>(
    `SELECT (SELECT COUNT(*) FROM ledger WHERE organization = ? AND kind = 'user' AND status <> -1) AS members,
            (SELECT COUNT(*) FROM ledger_members WHERE organization = ?) AS memberships,
            (SELECT COUNT(*) FROM ledger WHERE organization = ? AND kind = 'group') AS "groups"`,
    [owner.organization, owner.organization, owner.organization],
  );
  return rows[0] ?? { members: 0, memberships: 0, groups: 0 };
}

/** How many managed members the groups have now: the base of the guard's percentage of one group. */
export async function groupSizes(db: Knex, owner: Owner, groups: Iterable<string>): Promise<Map<string, number>> {
  const rows = await db.raw<{ groupKey: string; size: number }[]>(
    `SELECT group_key AS groupKey, COUNT(*) AS size FROM ledger_members WHERE organization = ? AND connection = ?
     AND group_key IN (SELECT value FROM json_each(?)) GROUP BY group_key`,
    [owner.organization, owner.connection, jsonList(groups)],
  );
  return new Map(rows.map(({ groupKey, size }) => [groupKey, size]));
}
