import { hasHappened } from "../../domain/live/effect.ts";
import type { Live, Model, Subjects } from "../../domain/model.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { loadSent } from "../../store/operations/sending.ts";
import type { Organization } from "../organization.ts";
import type { Decision } from "./decision.ts";

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

/** Of operations that were sent those whose lost answer Bitwarden showed for this decision. */
export function answeredOnes(rows: OperationRow[], { wasRead, live, model, plan }: Decision): OperationRow[] {
  const sent = rows.filter((row) => row.sentAt !== null);
  if (!wasRead || sent.length === 0) return [];
  // Whom this decision found removed by us is not in the model any more.
  const removed = new Set(plan.forgotten.filter(({ kind }) => kind === "user").map(({ key }) => key));
  const ledgerUsers = new Map([...model.ledgerUsers, ...plan.adoptedUsers.map((user) => [user.key, user] as const)]);
  const ledgerGroups = new Map([...model.ledgerGroups, ...plan.adoptedGroups.map((one) => [one.key, one] as const)]);
  const seen = { members: [...live.members.values()], groups: [...live.groups.values()], ledgerUsers, ledgerGroups };
  return sent.filter((row) => {
    if (row.type === "member.remove" && removed.has(row.key)) return true;
    const [userId, groupId] = [ledgerUsers.get(row.key)?.bwId ?? "", ledgerGroups.get(row.object)?.bwId ?? ""];
    const groupIds = live.groupIds.get(userId);
    // A membership shows on either side; one that was not read answers nothing.
    const members = live.memberIds.get(groupId) ?? (groupIds && new Set(groupIds.has(groupId) ? [userId] : []));
    if (row.object !== "" && members === undefined) return false;
    return hasHappened(row, { ...seen, memberIds: members ? new Map([[groupId, members]]) : live.memberIds });
  });
}
