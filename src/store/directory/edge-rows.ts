import type { Knex } from "knex";
import type { Edge } from "../../domain/directory.ts";
import { qualified } from "../../domain/subject.ts";
import { insertRows, jsonList, unpack, type Packed } from "../bulk.ts";

/** Direct members by group; all of them when no filter is given. */
export async function loadEdges(
  db: Knex,
  connection: string,
  kind: "user" | "group",
  filter?: { groups: Iterable<string> } | { members: Iterable<string> },
): Promise<Map<string, string[]>> {
  let where = "connection = ? AND kind = ?";
  const bindings: string[] = [connection, kind];
  if (filter) {
    const column = "groups" in filter ? "group_key" : "key";
    where += ` AND ${column} IN (SELECT value FROM json_each(?))`;
    bindings.push(jsonList("groups" in filter ? filter.groups : filter.members));
  }
  const rows = await db.raw<Packed[]>(
    `SELECT group_key AS groupKey, json_group_array(key) AS keys FROM edges WHERE ${where} GROUP BY group_key`,
    bindings,
  );
  return unpack(rows);
}

/** The direct members of one group, people and nested groups. */
export async function membersOf(trx: Knex, connection: string, group: string): Promise<Edge[]> {
  return trx.raw<Edge[]>("SELECT kind, key FROM edges WHERE connection = ? AND group_key = ?", [connection, group]);
}

/** What a new list of members changes. */
export interface MemberChange {
  added: Edge[];
  removed: Edge[];
}

export function compareMembers(stored: Edge[], wanted: Edge[]): MemberChange {
  const next = new Set(wanted.map(edgeId));
  const known = new Set(stored.map(edgeId));
  return {
    added: wanted.filter((edge) => !known.has(edgeId(edge))),
    removed: stored.filter((edge) => !next.has(edgeId(edge))),
  };
}

export async function addMembers(trx: Knex, connection: string, group: string, members: Edge[]): Promise<void> {
  const rows = members.map((edge) => [connection, group, edge.kind, edge.key]);
  await insertRows(trx, "edges", ["connection", "group_key", "kind", "key"], rows, "ON CONFLICT DO NOTHING");
}

export async function removeMembers(trx: Knex, connection: string, group: string, members: Edge[]): Promise<void> {
  for (const kind of ["user", "group"]) {
    const keys = members.filter((edge) => edge.kind === kind).map((edge) => edge.key);
    if (keys.length === 0) continue;
    await trx.raw(
      `DELETE FROM edges WHERE connection = ? AND group_key = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))`,
      [connection, group, kind, jsonList(keys)],
    );
  }
}

function edgeId(edge: Edge): string {
  return `${edge.kind} ${edge.key}`;
}

/** Nested groups by group, of all connections: there are far fewer than memberships of people. */
export async function loadGroupEdges(db: Knex, connections: Iterable<string>): Promise<Map<string, string[]>> {
  const edges = new Map<string, string[]>();
  for (const connection of connections) {
    for (const [group, children] of await loadEdges(db, connection, "group")) {
      edges.set(
        qualified(connection, group),
        children.map((child) => qualified(connection, child)),
      );
    }
  }
  return edges;
}
