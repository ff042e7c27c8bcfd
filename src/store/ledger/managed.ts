/**
 * Who and what the ledger manages, by names only.
 */
import type { Knex } from "knex";
import { qualified, unqualified } from "../../domain/subject.ts";

/** Bitwarden ids of everything that is managed. */
export async function managedIds(db: Knex, organization: string, kind: "user" | "group"): Promise<string[]> {
  const rows = await db.raw<{ bw_id: string }[]>("SELECT bw_id FROM ledger WHERE organization = ? AND kind = ?", [
    organization,
    kind,
  ]);
  return rows.map((row) => row.bw_id);
}

/** Bitwarden ids of whatever the ledger knows to be together with one group or member (Bitwarden id). */
export async function managedPairs(
  db: Knex,
  organization: string,
  kind: "user" | "group",
  bwId: string,
): Promise<string[]> {
  const [mine, other, otherKind] =
    kind === "group" ? ["group_key", "user_key", "user"] : ["user_key", "group_key", "group"];
  const rows = await db.raw<{ bw_id: string }[]>(
    `SELECT o.bw_id FROM ledger AS l
     JOIN ledger_members AS m ON m.organization = l.organization AND m.${mine} = l.key
     JOIN ledger AS o ON o.organization = l.organization AND o.kind = '${otherKind}' AND o.key = m.${other}
     WHERE l.organization = ? AND l.kind = ? AND l.bw_id = ?`,
    [organization, kind, bwId],
  );
  return rows.map((row) => row.bw_id);
}

/** The directory's own keys of those of a connection's users or groups that are managed, joined ones included. */
export async function managedKeys(
  db: Knex,
  owner: { organization: string; connection: string },
  kind: "user" | "group",
): Promise<Set<string>> {
  const prefix = qualified(owner.connection, "");
  // Keys that begin with `connection/`, in a form that the index serves: "0" follows "/".
  const range = [prefix, `${prefix.slice(0, -1)}0`];
  const rows = await db.raw<{ key: string }[]>(
    `SELECT key FROM ledger WHERE organization = ? AND kind = ? AND key >= ? AND key < ?
     UNION
     SELECT claim AS key FROM joined WHERE organization = ? AND claim >= ? AND claim < ? AND ? = 'user'
       AND person IN (SELECT key FROM ledger WHERE organization = ? AND kind = 'user')`,
    [owner.organization, kind, ...range, owner.organization, ...range, kind, owner.organization],
  );
  return new Set(rows.map(({ key }) => unqualified(key).key));
}
