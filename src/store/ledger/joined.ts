import type { Knex } from "knex";
import { insertRows, jsonList, jsonRows } from "../bulk.ts";

/**
 * Claims that belong to somebody known under another key: qualified key of the claim → key of the person. Of everybody,
 * or only of the given people.
 */
export async function loadJoined(
  db: Knex,
  organization: string,
  people?: Iterable<string>,
): Promise<Map<string, string>> {
  const only = people === undefined ? "" : "AND person IN (SELECT value FROM json_each(?))";
  const rows = await db.raw<{ claim: string; person: string }[]>(
    `SELECT claim, person FROM joined WHERE organization = ? ${only}`,
    [organization, ...(people === undefined ? [] : [jsonList(people)])],
  );
  return new Map(rows.map(({ claim, person }) => [claim, person]));
}

/**
 * Remembers joins for good. Whoever was joined to a claim that is now somebody's goes with it, and who becomes the head
 * of others is nobody's claim any more: a join always leads to the person in one step.
 */
export async function saveJoined(trx: Knex, organization: string, joins: ReadonlyMap<string, string>): Promise<void> {
  if (joins.size === 0) return;
  const moved = [...joins].filter(([claim, person]) => claim !== person);
  await trx.raw(
    `UPDATE joined SET person = json_extract(j.value,'$[1]') FROM json_each(?) AS j
     WHERE joined.organization = ? AND joined.person = json_extract(j.value,'$[0]')`,
    [jsonRows(moved), organization],
  );
  await insertRows(
    trx,
    "joined",
    ["organization", "claim", "person"],
    moved.map(([claim, person]) => [organization, claim, person]),
    "ON CONFLICT (organization, claim) DO UPDATE SET person = excluded.person",
  );
  await trx.raw("DELETE FROM joined WHERE organization = ? AND claim IN (SELECT value FROM json_each(?))", [
    organization,
    jsonList(new Set(joins.values())),
  ]);
}
