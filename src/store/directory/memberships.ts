/**
 * Whether a user is in a group is told by two lists, the user's groups and the group's members: of each pair the list
 * that was read later decides.
 */
import type { Knex } from "knex";
import type { DirectoryUser, Edge, GroupRead } from "../../domain/directory.ts";
import type { Hint } from "../../domain/hint.ts";
import { addHints } from "../hints/add-hints.ts";
import { listedLater, setListNo, unknownKeys, upsertRows, userRow, type ReadStamp } from "./directory-rows.ts";
import { addMembers, compareMembers, membersOf, removeMembers } from "./edge-rows.ts";

/** Above this many unknown people in one group a snapshot is cheaper than a read for each. */
const UNKNOWN_MAX = 50;

/** A complete list of a person's groups: edges appear and disappear, except where a later group read knows better. */
export async function storeGroupsOfUser(
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
export async function storeMembers(
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
export async function readAgain(trx: Knex, connection: string, users: Set<string>): Promise<void> {
  const hints = [...users].map((user) => hint(connection, "user", user));
  await addHints(trx, hints, Date.now());
}

function people(edges: Edge[]): string[] {
  return edges.filter(({ kind }) => kind === "user").map(({ key }) => key);
}

export async function hintUnknownMembers(
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
