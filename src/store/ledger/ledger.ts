import type { Knex } from "knex";
import type { LedgerGroup, LedgerUser } from "../../domain/model.ts";
import { insertRows, jsonList, jsonRows, unpack, type Cell, type Packed } from "../bulk.ts";

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

/** Managed members by the key of the person; all of them when no keys are given. */
export async function loadLedgerUsers(
  db: Knex,
  organization: string,
  keys?: Iterable<string>,
): Promise<Map<string, LedgerUser>> {
  const rows = await db.raw<UserRow[]>(...selection(USER_COLUMNS, "user", organization, keys));
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
  organization: string,
  externalIds: string[],
  emails: string[],
): Promise<Map<string, LedgerUser>> {
  const rows = await db.raw<{ key: string }[]>(
    `SELECT key FROM ledger WHERE organization = ? AND kind = 'user'
     AND (external_id IN (SELECT value FROM json_each(?)) OR lower(label) IN (SELECT value FROM json_each(?)))`,
    [organization, jsonList(externalIds), jsonList(emails)],
  );
  return loadLedgerUsers(
    db,
    organization,
    rows.map((row) => row.key),
  );
}

/** Of these members (Bitwarden ids) those whom we revoked, whoever's they are: that stays with the member. */
export async function revokedByUsAmong(db: Knex, organization: string, bwIds: string[]): Promise<Set<string>> {
  const rows = await db.raw<{ bw_id: string }[]>(
    `SELECT bw_id FROM ledger WHERE organization = ? AND kind = 'user' AND revoked_by_us = 1
     AND bw_id IN (SELECT value FROM json_each(?))`,
    [organization, jsonList(bwIds)],
  );
  return new Set(rows.map((row) => row.bw_id));
}

/** Managed members by the key of the person, chosen by their Bitwarden ids. */
export async function loadLedgerUsersByBwId(
  db: Knex,
  organization: string,
  bwIds: Iterable<string>,
): Promise<Map<string, LedgerUser>> {
  const rows = await db.raw<{ key: string }[]>(
    `SELECT key FROM ledger WHERE organization = ? AND kind = 'user' AND bw_id IN (SELECT value FROM json_each(?))`,
    [organization, jsonList(bwIds)],
  );
  const keys = rows.map((row) => row.key);
  return keys.length === 0 ? new Map() : loadLedgerUsers(db, organization, keys);
}

/** Managed groups by qualified key. */
export async function loadLedgerGroups(db: Knex, organization: string): Promise<Map<string, LedgerGroup>> {
  const columns = "key, external_id AS externalId, bw_id AS bwId, label AS name, members_verified_at AS verifiedAt";
  const rows = await db.raw<LedgerGroup[]>(...selection(columns, "group", organization));
  return new Map(rows.map((row) => [row.key, row]));
}

function selection(columns: string, kind: string, organization: string, keys?: Iterable<string>): [string, string[]] {
  const sql = `SELECT ${columns} FROM ledger WHERE organization = ? AND kind = ?`;
  const bindings = [organization, kind];
  if (keys === undefined) return [sql, bindings];
  return [`${sql} AND key IN (SELECT value FROM json_each(?))`, [...bindings, jsonList(keys)]];
}

/** Managed memberships: users by group, of all groups, or only those of the given users or groups. */
export async function loadLedgerMembers(
  db: Knex,
  organization: string,
  filter?: { users: Iterable<string> } | { groups: Iterable<string> },
): Promise<Map<string, Set<string>>> {
  let where = "organization = ?";
  const bindings = [organization];
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
const REFRESH = `ON CONFLICT (organization, kind, key) DO UPDATE SET
  external_id = excluded.external_id, bw_id = excluded.bw_id, label = excluded.label, status = excluded.status, type = excluded.type,
  revoked_by_us = excluded.revoked_by_us, verified_at = excluded.verified_at`;

/** Writes members as they were read back. */
export async function saveLedgerUsers(
  trx: Knex,
  organization: string,
  users: LedgerUser[],
  now: number,
): Promise<void> {
  const rows = users.map(({ key, externalId, bwId, email, status, type, revokedByUs }): Cell[] => [
    organization,
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
  await release(trx, organization, "user", users);
  await insertRows(trx, "ledger", LEDGER_COLUMNS, rows, REFRESH);
}

/**
 * A Bitwarden object belongs to one key: whoever is deleted and created again in the directory, under a
 * new immutable id but the same external id, takes over from the old one.
 */
async function release(
  trx: Knex,
  organization: string,
  kind: "user" | "group",
  taking: { key: string; bwId: string }[],
): Promise<void> {
  const stale = await trx.raw<{ key: string }[]>(
    // CROSS JOIN keeps SQLite from walking the whole ledger for every row of the list.
    `SELECT l.key FROM json_each(?) AS j CROSS JOIN ledger AS l
     WHERE l.organization = ? AND l.kind = ? AND l.bw_id = json_extract(j.value,'$[1]')
       AND l.key <> json_extract(j.value,'$[0]')`,
    [jsonRows(taking.map(({ key, bwId }) => [key, bwId])), organization, kind],
  );
  for (const { key } of stale) await forget(trx, organization, kind, key);
}

/** Writes groups as they were read back. */
export async function saveLedgerGroups(
  trx: Knex,
  organization: string,
  groups: { key: string; externalId: string; bwId: string; name: string }[],
  now: number,
): Promise<void> {
  const rows = groups.map(({ key, externalId, bwId, name }): Cell[] => [
    organization,
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
  await release(trx, organization, "group", groups);
  await insertRows(trx, "ledger", LEDGER_COLUMNS, rows, REFRESH);
}

/** Forgets a member or group, its memberships included: it is no longer in Bitwarden. */
export async function forget(trx: Knex, organization: string, kind: "user" | "group", key: string): Promise<void> {
  await trx("ledger").where({ organization, kind, key }).delete();
  await trx("ledger_members")
    .where({ organization, [kind === "user" ? "user_key" : "group_key"]: key })
    .delete();
}

/** Sets the managed members of a group to what was read live. */
export async function saveGroupMembers(
  trx: Knex,
  organization: string,
  group: string,
  users: Set<string>,
  now: number,
): Promise<void> {
  const stored = (await loadLedgerMembers(trx, organization, { groups: [group] })).get(group) ?? new Set<string>();
  const added = [...users].filter((user) => !stored.has(user));
  await insertRows(
    trx,
    "ledger_members",
    MEMBER_COLUMNS,
    added.map((user) => memberRow(organization, group, user)),
    "ON CONFLICT DO NOTHING",
  );
  const removed = [...stored].filter((user) => !users.has(user));
  if (removed.length > 0) {
    await trx.raw(
      `DELETE FROM ledger_members WHERE organization = ? AND group_key = ?
       AND user_key IN (SELECT value FROM json_each(?))`,
      [organization, group, jsonList(removed)],
    );
  }
  await trx("ledger").where({ organization, kind: "group", key: group }).update({ members_verified_at: now });
}

/** Sets the managed groups of one person to what was read live. */
export async function saveUserGroups(
  trx: Knex,
  organization: string,
  user: string,
  groups: Set<string>,
): Promise<void> {
  await trx.raw(
    `DELETE FROM ledger_members WHERE organization = ? AND user_key = ?
     AND group_key NOT IN (SELECT value FROM json_each(?))`,
    [organization, user, jsonList(groups)],
  );
  await insertRows(
    trx,
    "ledger_members",
    MEMBER_COLUMNS,
    [...groups].map((group) => memberRow(organization, group, user)),
    "ON CONFLICT DO NOTHING",
  );
}

const MEMBER_COLUMNS = ["organization", "group_key", "user_key"];

function memberRow(organization: string, group: string, user: string): Cell[] {
  return [organization, group, user];
}

/** What is managed now: the base of the guard's percentages. Revoked members hold no access, so do not count. */
export async function managedCounts(
  db: Knex,
  organization: string,
): Promise<{ members: number; memberships: number; groups: number }> {
  const rows = await db.raw<{ members: number; memberships: number; groups: number }[]>(
    `SELECT (SELECT COUNT(*) FROM ledger WHERE organization = ? AND kind = 'user' AND status <> -1) AS members,
            (SELECT COUNT(*) FROM ledger_members WHERE organization = ?) AS memberships,
            (SELECT COUNT(*) FROM ledger WHERE organization = ? AND kind = 'group') AS "groups"`,
    [organization, organization, organization],
  );
  return rows[0] ?? { members: 0, memberships: 0, groups: 0 };
}

/** How many managed members the groups have now: the base of the guard's percentage of one group. */
export async function groupSizes(
  db: Knex,
  organization: string,
  groups: Iterable<string>,
): Promise<Map<string, number>> {
  const rows = await db.raw<{ groupKey: string; size: number }[]>(
    `SELECT group_key AS groupKey, COUNT(*) AS size FROM ledger_members WHERE organization = ?
     AND group_key IN (SELECT value FROM json_each(?)) GROUP BY group_key`,
    [organization, jsonList(groups)],
  );
  return new Map(rows.map(({ groupKey, size }) => [groupKey, size]));
}
