import type { Member } from "../../domain/bitwarden.ts";
import type { BridgeError } from "../../domain/errors.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { revokedByUsAmong, saveLedgerUsers } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import type { Organization } from "../organization.ts";
import { completeOperations, notApplied } from "./outcome.ts";

/** What an invitation or a link is about. */
export function personOf({ data }: OperationRow): { email: string; externalId: string } {
  return { email: (data.email ?? "").toLowerCase(), externalId: data.externalId ?? "" };
}

/**
 * Closes what the members show to be done. Whether we revoked somebody follows the member, also to a new directory key.
 * @param failure why the others are not there; by default the request was answered with success, and had no effect
 */
export async function readBackPeople(
  context: Organization,
  operations: OperationRow[],
  members: Member[],
  failure?: BridgeError,
): Promise<void> {
  const byExternalId = new Map(members.map((member) => [member.externalId, member]));
  const found = operations.flatMap((operation) => {
    const member = byExternalId.get(personOf(operation).externalId);
    return member ? [{ operation, member }] : [];
  });
  const ids = found.map(({ member }) => member.id);
  const revokedByUs = await revokedByUsAmong(context.database.reader, context.name, ids);
  const rows = found.map(({ operation, member }): LedgerUser => {
    const { id: bwId, email, status, type } = member;
    const { externalId } = personOf(operation);
    return { key: operation.key, externalId, bwId, email, status, type, revokedByUs: revokedByUs.has(bwId) };
  });
  const done = new Set(found.map(({ operation }) => operation));
  await completeOperations(context, {
    done: [...done],
    missing: operations
      .filter((operation) => !done.has(operation))
      .map((operation) => ({
        operation,
        error: failure ?? notApplied(operation, "no member carries the external id"),
      })),
    conclusive: failure === undefined,
    ledger: (trx, now) => saveLedgerUsers(trx, context.name, rows, now),
  });
}
