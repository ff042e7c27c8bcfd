import type { Knex } from "knex";
import type { DirectoryUser, GroupRead, ReadResult, UserRead } from "../domain/directory.ts";
import type { Hint } from "../domain/hint.ts";
import { transaction, type Database } from "./database.ts";
import { groupRow, markGone, unknownKeys, upsertRows, userRow } from "./directory-rows.ts";
import { addMembers, replaceMembers } from "./edge-rows.ts";
import { addHints } from "./hints.ts";

/** Above this many unknown people in one group a snapshot is cheaper than a read for each. */
const UNKNOWN_MAX = 50;

/** What the directory said, row by row. Every read took a number before it asked; older answers lose. */
export class DirectoryStore {
  readonly #database: Database;
  #lastReadNo: number;

  private constructor(database: Database, lastReadNo: number) {
    this.#database = database;
    this.#lastReadNo = lastReadNo;
  }

  static async open(database: Database): Promise<DirectoryStore> {
    const rows = await database.reader.raw<{ last: number | null }[]>(
      "SELECT MAX(MAX(read_no), MAX(touched_no)) AS last FROM directory",
    );
    return new DirectoryStore(database, rows[0]?.last ?? 0);
  }

  /** Taken before the directory is asked. */
  nextReadNo(): number {
    this.#lastReadNo += 1;
    return this.#lastReadNo;
  }

  /** Stores a direct read of a user. `memberships`: its groups are wanted too. */
  async storeUser(
    connection: string,
    key: string,
    read: ReadResult<UserRead>,
    readNo: number,
    memberships: boolean,
  ): Promise<void> {
    await transaction(this.#database, async (trx) => {
      if (await overtaken(trx, connection, key, readNo)) return;
      if (read.found) await upsertRows(trx, [userRow(connection, read.value.user, true, readNo)]);
      else await markGone(trx, connection, "user", key, read.evidence, readNo);
      if (memberships) await storeGroupsOfUser(trx, connection, key, read.found ? read.value.groups : [], readNo);
    });
  }

  /**
   * Stores a direct read of a group. False: someone's membership was stored from a later read while
   * this one was under way, so the list is not certain; the caller reads again.
   */
  async storeGroup(connection: string, key: string, read: ReadResult<GroupRead>, readNo: number): Promise<boolean> {
    return transaction(this.#database, async (trx) => {
      if (!read.found) {
        await markGone(trx, connection, "group", key, read.evidence, readNo);
        return true;
      }
      if (await touchedSince(trx, connection, key, readNo)) return false;
      const { group, members, users } = read.value;
      await upsertRows(trx, [groupRow(connection, group, true, readNo)]);
      await replaceMembers(trx, connection, key, members);
      await hintUnknownMembers(trx, connection, read.value, users ?? [], readNo);
      return true;
    });
  }

  /**
   * Stores what a snapshot may store at once: new and active rows, added members. Never a loss. Answers
   * the groups of which a later read is already stored; their members are left alone.
   */
  async storeSnapshotRows(
    connection: string,
    users: { user: DirectoryUser; readNo: number }[],
    groups: { read: GroupRead; readNo: number }[],
  ): Promise<string[]> {
    if (users.length === 0 && groups.length === 0) return [];
    return transaction(this.#database, async (trx) => {
      const overtaken: string[] = [];
      await upsertRows(
        trx,
        users.map(({ user, readNo }) => userRow(connection, user, false, readNo)),
      );
      for (const { read, readNo } of groups) {
        if (await touchedSince(trx, connection, read.group.key, readNo)) {
          overtaken.push(read.group.key);
          continue;
        }
        await upsertRows(trx, [groupRow(connection, read.group, false, readNo)]);
        await addMembers(trx, connection, read.group.key, read.members);
      }
      return overtaken;
    });
  }
}

/** A later read of the same user, snapshots not counted, is already stored: its groups are the newer ones too. */
async function overtaken(trx: Knex, connection: string, key: string, readNo: number): Promise<boolean> {
  const rows = await trx.raw<{ found: number }[]>(
    `SELECT 1 AS found FROM directory WHERE connection = ? AND kind = 'user' AND key = ? AND read_no > ? AND confirmed = 1`,
    [connection, key, readNo],
  );
  return rows.length > 0;
}

async function touchedSince(trx: Knex, connection: string, key: string, readNo: number): Promise<boolean> {
  const rows = await trx.raw<{ found: number }[]>(
    `SELECT 1 AS found FROM directory
     WHERE connection = ? AND kind = 'group' AND key = ? AND (read_no > ? OR touched_no > ?)`,
    [connection, key, readNo, readNo],
  );
  return rows.length > 0;
}

/** A complete list of a person's groups: edges appear and disappear, except where a later group read knows better. */
async function storeGroupsOfUser(
  trx: Knex,
  connection: string,
  key: string,
  groups: string[],
  readNo: number,
): Promise<void> {
  const list = JSON.stringify(groups);
  const changed = await trx.raw<{ key: string; member: number }[]>(
    `SELECT g.key, (e.key IS NOT NULL) AS member FROM directory AS g
     LEFT JOIN edges AS e ON e.connection = g.connection AND e.group_key = g.key AND e.kind = 'user' AND e.key = ?
     WHERE g.connection = ? AND g.kind = 'group' AND g.state = 'active' AND g.read_no < ?
       AND (e.key IS NOT NULL) <> (g.key IN (SELECT value FROM json_each(?)))`,
    [key, connection, readNo, list],
  );
  for (const group of changed) {
    if (group.member === 1) {
      await trx("edges").where({ connection, group_key: group.key, kind: "user", key }).delete();
    } else {
      await addMembers(trx, connection, group.key, [{ kind: "user", key }]);
    }
    await trx("directory")
      .where({ connection, kind: "group", key: group.key })
      .update({ touched_no: trx.raw("MAX(touched_no, ?)", [readNo]) });
  }
  const unknown = await unknownKeys(trx, connection, "group", groups);
  await addHints(
    trx,
    unknown.map((group) => hint(connection, "group", group)),
    Date.now(),
  );
}

async function hintUnknownMembers(
  trx: Knex,
  connection: string,
  read: GroupRead,
  users: DirectoryUser[],
  readNo: number,
): Promise<void> {
  const keysOf = (kind: "user" | "group"): string[] =>
    read.members.filter((edge) => edge.kind === kind).map((edge) => edge.key);
  const unknownUsers = new Set(await unknownKeys(trx, connection, "user", keysOf("user")));
  const sent = users.filter((user) => unknownUsers.has(user.key));
  await upsertRows(
    trx,
    sent.map((user) => userRow(connection, user, false, readNo)),
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
