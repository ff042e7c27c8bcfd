import type { Knex } from "knex";
import type { DirectoryUser, Edge, GroupRead, ReadResult, UserRead } from "../domain/directory.ts";
import type { Hint } from "../domain/hint.ts";
import { addHints, addUndecided, type FreshSubject, type Nominated } from "./add-hints.ts";
import { transaction, type Database } from "./database.ts";
import {
  groupRow,
  knownKeys,
  listedLater,
  listNo,
  loadGroups,
  loadUsers,
  markGone,
  setListNo,
  unknownKeys,
  upsertRows,
  userRow,
  type ReadStamp,
} from "./directory-rows.ts";
import { addMembers, compareMembers, membersOf, removeMembers } from "./edge-rows.ts";
import { hintPeople, type People } from "./group-people.ts";
import { beginSnapshot, snapshotNo } from "./state.ts";

/** Above this many unknown people in one group a snapshot is cheaper than a read for each. */
const UNKNOWN_MAX = 50;

/** What became of a direct read of a group. */
export interface GroupStored {
  /** False: a snapshot began after this read did; read again. */
  stored: boolean;
  /** People whom a snapshot must read as well, because this group decides who takes part. */
  nominated: Nominated[];
}

/**
 * What the directory said, row by row. Every read took a number before it asked; older answers lose. Whether a user is
 * in a group is told by two lists, the user's groups and the group's members: of each pair the later list decides.
 * A change of a known subject never stands without an open hint for it, written in the same transaction.
 */
export class DirectoryStore {
  readonly #database: Database;
  #lastReadNo: number;

  private constructor(database: Database, lastReadNo: number) {
    this.#database = database;
    this.#lastReadNo = lastReadNo;
  }

  static async open(database: Database): Promise<DirectoryStore> {
    const rows = await database.reader.raw<{ last: number | null }[]>(
      `SELECT MAX(last) AS last FROM
         (SELECT MAX(MAX(read_no, list_no)) AS last FROM directory UNION ALL SELECT MAX(snapshot_no) FROM connections)`,
    );
    return new DirectoryStore(database, rows[0]?.last ?? 0);
  }

  /** Taken before the directory is asked. */
  beginRead(): ReadStamp {
    this.#lastReadNo += 1;
    return { no: this.#lastReadNo, at: Date.now() };
  }

  /**
   * Taken before a snapshot compares anything. Direct reads that began earlier and are still under way are refused
   * from now on and asked again: the snapshot saw more than they did, and does not write down what it found unchanged.
   */
  async beginSnapshot(connection: string): Promise<ReadStamp> {
    const stamp = this.beginRead();
    await beginSnapshot(this.#database.writer, connection, stamp.no);
    return stamp;
  }

  /** Stores a direct read of a user. `memberships`: its groups are wanted too. False: read again. */
  async storeUser(
    connection: string,
    key: string,
    read: ReadResult<UserRead>,
    stamp: ReadStamp,
    memberships: boolean,
  ): Promise<boolean> {
    return transaction(this.#database, async (trx) => {
      if ((await snapshotNo(trx, connection)) > stamp.no) return false;
      if (await isUserReadLater(trx, connection, key, stamp)) return true;
      await addUndecided(trx, connection, [{ kind: "user", key }], stamp.at);
      if (read.found) await upsertRows(trx, [userRow(connection, read.value.user, true, stamp)]);
      else await markGone(trx, connection, "user", key, read.evidence, stamp);
      if (memberships) await storeGroupsOfUser(trx, connection, key, read.found ? read.value.groups : [], stamp);
      return true;
    });
  }

  /**
   * Stores a direct read of a group. `concern`: what its change means to its people, when groups decide who takes part.
   */
  async storeGroup(
    connection: string,
    key: string,
    read: ReadResult<GroupRead>,
    stamp: ReadStamp,
    concern: People,
  ): Promise<GroupStored> {
    return transaction(this.#database, async (trx) => {
      if ((await snapshotNo(trx, connection)) > stamp.no) return { stored: false, nominated: [] };
      if ((await listNo(trx, connection, "group", key)) > stamp.no) return { stored: true, nominated: [] };
      await addUndecided(trx, connection, [{ kind: "group", key }], stamp.at);
      const before = (await loadGroups(trx, connection, [key])).get(key);
      const stored = await membersOf(trx, connection, key);
      if (read.found) {
        const { group, members, users } = read.value;
        await upsertRows(trx, [groupRow(connection, group, true, stamp)]);
        await storeMembers(trx, connection, read.value, before?.state === "active", stamp);
        await hintUnknownMembers(trx, connection, read.value, users ?? [], stamp);
        const change = { before, after: group, stored, members, users: users ?? [] };
        const nominated = await hintPeople(trx, connection, change, concern, stamp);
        await setListNo(trx, connection, "group", key, stamp);
        return { stored: true, nominated };
      }
      await markGone(trx, connection, "group", key, read.evidence, stamp);
      await setListNo(trx, connection, "group", key, stamp);
      const change = { before, after: null, stored, members: [], users: [] };
      return { stored: true, nominated: await hintPeople(trx, connection, change, concern, stamp) };
    });
  }

  /** Stores what a snapshot may store at once: new and active rows, added members. Never a loss. */
  async storeSnapshotRows(
    connection: string,
    users: DirectoryUser[],
    groups: GroupRead[],
    stamp: ReadStamp,
  ): Promise<void> {
    if (users.length === 0 && groups.length === 0) return;
    await transaction(this.#database, async (trx) => {
      const userKeys = users.map(({ key }) => key);
      const groupKeys = groups.map(({ group }) => group.key);
      const known: FreshSubject[] = [
        ...(await knownKeys(trx, connection, "user", userKeys)).map((key) => ({ kind: "user" as const, key })),
        ...(await knownKeys(trx, connection, "group", groupKeys)).map((key) => ({ kind: "group" as const, key })),
      ];
      await addUndecided(trx, connection, known, stamp.at);
      const before = await loadGroups(trx, connection, groupKeys);
      await upsertRows(
        trx,
        users.map((user) => userRow(connection, user, false, stamp)),
      );
      const later = await listedLater(trx, connection, stamp);
      let isActivated = false;
      for (const { group, members } of groups) {
        if ((await listNo(trx, connection, "group", group.key)) > stamp.no) continue;
        await upsertRows(trx, [groupRow(connection, group, false, stamp)]);
        const seen = members.filter(({ kind, key }) => kind !== "user" || !later.has(key));
        await addMembers(trx, connection, group.key, seen);
        if (before.get(group.key)?.state !== "active") isActivated = true;
      }
      if (isActivated) await readAgain(trx, connection, later);
    });
  }
}

/** A later direct read of the same user is already stored; snapshots and records sent with a group do not count. */
async function isUserReadLater(trx: Knex, connection: string, key: string, stamp: ReadStamp): Promise<boolean> {
  const known = (await loadUsers(trx, connection, [key])).get(key);
  if (known?.confirmed === true && known.readNo > stamp.no) return true;
  return (await listNo(trx, connection, "user", key)) > stamp.no;
}

/** A complete list of a person's groups: edges appear and disappear, except where a later group read knows better. */
async function storeGroupsOfUser(
  trx: Knex,
  connection: string,
  key: string,
  groups: string[],
  stamp: ReadStamp,
): Promise<void> {
  const changed = await trx.raw<{ key: string; member: number }[]>(
    `SELECT g.key, (e.key IS NOT NULL) AS member FROM directory AS g
     LEFT JOIN edges AS e ON e.connection = g.connection AND e.group_key = g.key AND e.kind = 'user' AND e.key = ?
     WHERE g.connection = ? AND g.kind = 'group' AND g.state = 'active' AND g.list_no < ?
       AND (e.key IS NOT NULL) <> (g.key IN (SELECT value FROM json_each(?)))`,
    [key, connection, stamp.no, JSON.stringify(groups)],
  );
  for (const group of changed) {
    const edge = { kind: "user" as const, key };
    if (group.member === 1) await removeMembers(trx, connection, group.key, [edge]);
    else await addMembers(trx, connection, group.key, [edge]);
  }
  await setListNo(trx, connection, "user", key, stamp);
  const unknown = await unknownKeys(trx, connection, "group", groups);
  await addHints(
    trx,
    unknown.map((group) => hint(connection, "group", group)),
    Date.now(),
  );
}

/**
 * A complete list of a group's members. People whose own groups were read later are left as they are, unless that
 * could not be written down because the group was not active then.
 */
async function storeMembers(
  trx: Knex,
  connection: string,
  { group, members }: GroupRead,
  wasActive: boolean,
  stamp: ReadStamp,
): Promise<void> {
  const { added, removed } = compareMembers(await membersOf(trx, connection, group.key), members);
  let left = new Set<string>();
  if (wasActive) left = await listedLater(trx, connection, stamp, people([...added, ...removed]));
  else await readAgain(trx, connection, await listedLater(trx, connection, stamp));
  const mine = (edge: Edge): boolean => edge.kind !== "user" || !left.has(edge.key);
  await removeMembers(trx, connection, group.key, removed.filter(mine));
  await addMembers(trx, connection, group.key, added.filter(mine));
}

/**
 * A list of somebody's groups is applied to active groups only. Where a group becomes active by a read that began
 * earlier, what was said of it is not known any more: those people are asked again.
 */
async function readAgain(trx: Knex, connection: string, users: Set<string>): Promise<void> {
  const hints = [...users].map((user) => hint(connection, "user", user));
  await addHints(trx, hints, Date.now());
}

function people(edges: Edge[]): string[] {
  return edges.filter(({ kind }) => kind === "user").map(({ key }) => key);
}

async function hintUnknownMembers(
  trx: Knex,
  connection: string,
  read: GroupRead,
  users: DirectoryUser[],
  stamp: ReadStamp,
): Promise<void> {
  const keysOf = (kind: "user" | "group"): string[] =>
    read.members.filter((edge) => edge.kind === kind).map((edge) => edge.key);
  const unknownUsers = new Set(await unknownKeys(trx, connection, "user", keysOf("user")));
  const sent = users.filter((user) => unknownUsers.has(user.key));
  await upsertRows(
    trx,
    sent.map((user) => userRow(connection, user, false, stamp)),
  );
  for (const user of sent) unknownUsers.delete(user.key);
  const unknownGroups = await unknownKeys(trx, connection, "group", keysOf("group"));
  const hints = [
    ...unknownGroups.map((group) => hint(connection, "group", group)),
    ...(unknownUsers.size > UNKNOWN_MAX
      ? [hint(connection, "all", "")]
      : [...unknownUsers].map((user) => hint(connection, "user", user))),
  ];
  await addHints(trx, hints, Date.now());
}

function hint(connection: string, kind: "user" | "group" | "all", key: string): Hint {
  return { subject: { connection, kind, key }, via: null, urgent: false };
}
