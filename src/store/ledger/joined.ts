import type { Knex } from "knex";
import { insertRows } from "../bulk.ts";

/** Claims that belong to somebody known under another key: qualified key of the claim → key of the person. */
export async function loadJoined(db: Knex, organization: string): Promise<Map<string, string>> {
  const rows = await db.raw<{ claim: string; person: string }[]>(
    "SELECT claim, person FROM joined WHERE organization = ?",
    [organization],
  );
  return new Map(rows.map(({ claim, person }) => [claim, person]));
}

/** Remembers joins for good; one that stands already stays. */
export async function saveJoined(trx: Knex, organization: string, joins: ReadonlyMap<string, string>): Promise<void> {
  const rows = [...joins].map(([claim, person]) => [organization, claim, person]);
  await insertRows(trx, "joined", ["organization", "claim", "person"], rows, "ON CONFLICT DO NOTHING");
}
