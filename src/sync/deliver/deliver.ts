import { takesAway, type OperationType } from "../../domain/operation.ts";
import { dueConfirmations, dueOperations } from "../../store/operations/due.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { stoppedOf } from "../../store/operations/stopped.ts";
import type { Organization } from "../organization.ts";
import { deliverConfirming } from "./confirming.ts";
import { deliverGroupChange } from "./groups.ts";
import { deliverImport } from "./import.ts";
import { justified, provenWithin } from "./justified.ts";
import { deliverMembers } from "./members.ts";
import { deliverMemberships } from "./memberships.ts";

/** One kind of work: what it takes in one go, and how it is sent, read back and written to the ledger. */
interface Unit {
  types: OperationType[];
  /** How many operations one unit may take, so that a new leaver never waits long behind it. */
  limit: number;
  /** Waits until the person's memberships are corrected. */
  afterMemberships?: boolean;
  send(organization: Organization, operations: OperationRow[]): Promise<void>;
}

/** In this order, again from the top after every unit: revocations overtake everything. */
const UNITS: Unit[] = [
  { types: ["member.revoke", "member.remove"], limit: 20, send: deliverMembers },
  { types: ["membership.remove"], limit: 1_000, send: deliverMemberships },
  { types: ["group.rename", "group.link", "group.delete"], limit: 1, send: deliverGroupChange },
  { types: ["member.link", "member.invite"], limit: 1_000, send: deliverImport },
  { types: ["group.create"], limit: 200, send: deliverImport },
  { types: ["membership.add"], limit: 1_000, send: deliverMemberships },
  { types: ["member.restore"], limit: 20, afterMemberships: true, send: deliverMembers },
];

/** Looked through for enough that may be sent: what waits for a read must not hide what does not. */
const LOOK_AT = 20_000;
const CONFIRM = 100;

/**
 * Sends the most urgent unit of ready operations, reads it back and writes the ledger. False: nothing
 * was due. Never throws for Bitwarden's sake: failures are stored with their next attempt.
 */
export async function deliverNext(organization: Organization): Promise<boolean> {
  for (const unit of UNITS) {
    const operations = await due(organization, unit);
    if (operations.length === 0) continue;
    await unit.send(organization, operations);
    return true;
  }
  const unanswered = await dueConfirmations(organization.database.reader, organization.name, Date.now(), CONFIRM);
  if (unanswered.length === 0) return false;
  await deliverConfirming(organization, unanswered);
  return true;
}

async function due(organization: Organization, unit: Unit): Promise<OperationRow[]> {
  const now = Date.now();
  const found = await dueOperations(organization.database.reader, organization.name, {
    types: unit.types,
    now,
    proven: provenWithin(organization, now),
    limit: unit.types.some(takesAway) ? LOOK_AT : unit.limit,
    afterMemberships: unit.afterMemberships === true,
    stopped: await stoppedOf(organization.database.reader, organization.sources.keys()),
  });
  return (await justified(organization, found)).slice(0, unit.limit);
}
