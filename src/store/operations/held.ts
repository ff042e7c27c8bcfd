import type { Knex } from "knex";
import { jsonList } from "../bulk.ts";
import { selectOperations, type OperationRow } from "./operations.ts";

/** Operations that a person has refused and that are still planned, oldest first. */
export async function listRejected(db: Knex, organization: string): Promise<OperationRow[]> {
  return selectOperations(db, organization, "state = 'rejected' ORDER BY id", []);
}

/** Operations that wait for a person, oldest first. */
export async function listHeld(db: Knex, organization: string): Promise<OperationRow[]> {
  return selectOperations(db, organization, "state = 'held' ORDER BY id", []);
}

/** Operations by id, whatever became of them. */
export async function operationsById(db: Knex, organization: string, ids: number[]): Promise<OperationRow[]> {
  return selectOperations(db, organization, "id IN (SELECT value FROM json_each(?)) ORDER BY id", [jsonList(ids)]);
}

/** Operations that Bitwarden refused, and those whose last attempt failed and that will be tried again. */
export async function listTroubled(db: Knex, organization: string): Promise<OperationRow[]> {
  return selectOperations(
    db,
    organization,
    "(state = 'failed' OR (state = 'ready' AND error IS NOT NULL)) ORDER BY id",
    [],
  );
}

/**
 * Approves held or rejected operations: they go out as soon as a fresh read confirms them. Approval is bound to
 * these operations; what is planned differently later is held again.
 */
export async function approve(
  trx: Knex,
  organization: string,
  ids: number[],
  by: string,
  now: number,
): Promise<OperationRow[]> {
  const rows = await decidable(trx, organization, ids, ["held", "rejected"]);
  await trx.raw(
    `UPDATE operations SET state = 'held', finished_at = NULL, error = NULL, approved_by = ?, approved_at = ? WHERE id IN (SELECT value FROM json_each(?))`,
    [by, now, jsonList(rows.map((row) => row.id))],
  );
  return rows;
}

/** Rejects held operations: they stay rejected until the plan no longer contains them. */
export async function reject(
  trx: Knex,
  organization: string,
  ids: number[],
  by: string,
  now: number,
): Promise<OperationRow[]> {
  const rows = await decidable(trx, organization, ids, ["held"]);
  await trx.raw(
    `UPDATE operations SET state = 'rejected', finished_at = ?, error = ? WHERE id IN (SELECT value FROM json_each(?))`,
    [now, `rejected by ${by}`, jsonList(rows.map((row) => row.id))],
  );
  return rows;
}

async function decidable(
  trx: Knex,
  organization: string,
  ids: number[],
  states: ("held" | "rejected")[],
): Promise<OperationRow[]> {
  const where = `state IN (SELECT value FROM json_each(?)) AND id IN (SELECT value FROM json_each(?))`;
  return selectOperations(trx, organization, where, [jsonList(states), jsonList(ids)]);
}
