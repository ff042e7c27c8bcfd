import type { Live, Model, Subjects } from "../../domain/model.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { loadSent } from "../../store/operations/sending.ts";
import type { Organization } from "../organization.ts";

/**
 * Open operations that were sent and never read back: the answer was lost, or the process ended. Each may have worked,
 * so the ledger may be wrong about what they touch, and Bitwarden must be asked.
 */
export async function loadUnconfirmed(organization: Organization, subjects: Subjects): Promise<OperationRow[]> {
  return loadSent(organization.database.reader, organization.name, subjects);
}

/** A member found revoked whose revocation we sent was revoked by us: who comes back is restored. Returns their keys. */
export function assumeOurs(model: Model, unconfirmed: OperationRow[]): Set<string> {
  const ours = new Set<string>();
  for (const { type, key } of unconfirmed) {
    const known = model.ledgerUsers.get(key);
    if (!known || type !== "member.revoke") continue;
    model.ledgerUsers.set(key, { ...known, revokedByUs: true });
    ours.add(key);
  }
  return ours;
}

/** Members whose removal we sent and who are gone: whoever returns is new. Returns their keys. */
export function forgetRemoved(model: Model, unconfirmed: OperationRow[], live: Live): string[] {
  const removed = unconfirmed.filter(({ type, key }) => {
    const known = model.ledgerUsers.get(key);
    return type === "member.remove" && known !== undefined && !live.members.has(known.bwId);
  });
  for (const { key } of removed) model.ledgerUsers.delete(key);
  return removed.map(({ key }) => key);
}
