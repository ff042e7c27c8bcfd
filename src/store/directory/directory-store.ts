import type { Knex } from "knex";
import type { DirectoryUser, GroupRead, ReadResult, UserRead } from "../../domain/directory.ts";
import { addUndecided, type FreshSubject, type Nominated } from "../hints/add-hints.ts";
import { transaction, type Database } from "../database.ts";
import {
  groupRow,
  knownKeys,
  listedLater,
  listNo,
  loadGroups,
  loadUsers,
  markGone,
  setListNo,
  upsertRows,
  userRow,
  type ReadStamp,
} from "./directory-rows.ts";
import { addMembers, membersOf } from "./edge-rows.ts";
import { hintPeople, type People } from "./group-people.ts";
import { hintUnknownMembers, readAgain, storeGroupsOfUser, storeMembers } from "./memberships.ts";
import { beginSnapshot, snapshotNo } from "../state.ts";

/** What became of a direct read of a group. */
export interface GroupStored {
  /** False: a snapshot began after this read did; read again. */
  stored: boolean;
  /** People whom a snapshot must read as well, because this group decides who takes part. */
  nominated: Nominated[];
}

/**
 * What the directory said, row by row. Every read took a number before it asked; older answers lose. A change of a known subject never stands without an open hint for it, written in the same transaction.
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
      if (groups.length === 0) return;
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
