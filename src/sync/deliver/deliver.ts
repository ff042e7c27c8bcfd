import type { OperationType } from "../../domain/operation.ts";
import { jsonList } from "../../store/bulk.ts";
import { selectOperations, type OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { deliverGroupChange } from "./groups.ts";
import { deliverImport } from "./import.ts";
import { deliverMembers } from "./members.ts";
import { deliverMemberships } from "./memberships.ts";

/** One kind of work: what it takes in one go, and how it is sent, read back and written to the ledger. */
interface Unit {
  types: OperationType[];
  /** How many operations one unit may take, so that a new leaver never waits long behind it. */
  limit: number;
  /** SQL that must hold besides being ready and due. */
  only?: string;
  send(connection: Connection, operations: OperationRow[]): Promise<void>;
}

/** The members of a revoked person are corrected before the person is restored. */
const NO_OPEN_MEMBERSHIP = `NOT EXISTS (SELECT 1 FROM operations AS m WHERE m.organization = operations.organization
  AND m.connection = operations.connection AND m.kind = 'user' AND m.key = operations.key AND m.object <> ''
  AND m.state IN ('ready', 'sending', 'held'))`;

/** In this order, again from the top after every unit: revocations overtake everything. */
const UNITS: Unit[] = [
  { types: ["member.revoke", "member.remove"], limit: 20, send: deliverMembers },
  { types: ["membership.remove"], limit: 1_000, send: deliverMemberships },
  { types: ["group.rename", "group.link", "group.delete"], limit: 1, send: deliverGroupChange },
  { types: ["member.link", "member.invite"], limit: 1_000, send: deliverImport },
  { types: ["group.create"], limit: 200, send: deliverImport },
  { types: ["membership.add"], limit: 1_000, send: deliverMemberships },
  { types: ["member.restore"], limit: 20, only: NO_OPEN_MEMBERSHIP, send: deliverMembers },
];

/**
 * Sends the most urgent unit of ready operations, reads it back and writes the ledger. False: nothing
 * was due. Never throws for Bitwarden's sake: failures are stored with their next attempt.
 */
export async function deliverNext(connection: Connection): Promise<boolean> {
  for (const unit of UNITS) {
    const operations = await due(connection, unit);
    if (operations.length === 0) continue;
    await unit.send(connection, operations);
    return true;
  }
  return false;
}

async function due(connection: Connection, unit: Unit): Promise<OperationRow[]> {
  const only = unit.only === undefined ? "" : `AND ${unit.only}`;
  return selectOperations(
    connection.database.reader,
    connection.owner,
    `state = 'ready' AND type IN (SELECT value FROM json_each(?)) AND due_at <= ? ${only}
     ORDER BY attempts, hinted_at, id LIMIT ?`,
    [jsonList(unit.types), Date.now(), unit.limit],
  );
}
