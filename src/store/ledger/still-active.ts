import type { Knex } from "knex";
import { STILL_ACTIVE } from "../../domain/notices.ts";
import { REVOCATIONS } from "../../domain/operation.ts";
import { jsonList } from "../bulk.ts";

/** Somebody who has access in Bitwarden although the directory let them go, and why nothing ends it. */
export interface StillActive {
  kind: "user" | "group";
  /** Qualified. */
  key: string;
  label: string;
  /** The code of a notice, or the state of the operation that would end it: `held`, `rejected`, `failed`. */
  why: string;
  /** The operation that a person can approve, or null. */
  operation: number | null;
  text: string;
}

/** One list of everybody whom the directory let go and who still has access, wherever it comes from. */
export async function stillActive(db: Knex, organization: string): Promise<StillActive[]> {
  return db.raw<StillActive[]>(
    `SELECT kind, key, label, state AS why, id AS operation, reason AS text FROM operations
     WHERE organization = ? AND open = 1 AND state IN ('held', 'rejected', 'failed')
       AND type IN (SELECT value FROM json_each(?))
     UNION ALL
     SELECT kind, key, label, code AS why, NULL AS operation, text FROM notices
     WHERE organization = ? AND code IN (SELECT value FROM json_each(?))
     ORDER BY label`,
    [organization, jsonList(REVOCATIONS), organization, jsonList(STILL_ACTIVE)],
  );
}
