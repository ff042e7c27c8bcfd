import { REVOKED } from "./bitwarden.ts";
import { closureUsers } from "./closure.ts";
import type { Draft, PlanInput, Standing } from "./draft.ts";
import type { PlannedOperation } from "./operation.ts";

/**
 * Decides memberships, only between a managed group and a managed person, for the pairs that the
 * subjects touch: all people of a subject group, all groups of a subject user.
 */
export function planMemberships(input: PlanInput, draft: Draft): void {
  const keyOf = new Map<string, string>();
  for (const ledger of input.model.ledgerUsers.values()) keyOf.set(ledger.bwId, ledger.key);
  for (const adopted of draft.adoptedUsers) keyOf.set(adopted.bwId, adopted.key);
  for (const [group, mode] of draft.groupMode) {
    const desired =
      mode === "empty" ? new Set<string>() : closureUsers(group, input.model.userEdges, input.model.groupEdges);
    planGroupMembers(group, desired, keyOf, input, draft);
  }
}

function planGroupMembers(
  group: string,
  desired: Set<string>,
  keyOf: Map<string, string>,
  input: PlanInput,
  draft: Draft,
): void {
  const whole = input.subjects.all || input.subjects.groups.has(group);
  const current = currentMembers(group, keyOf, input, draft);
  for (const user of desired) {
    if (!whole && !input.subjects.users.has(user)) continue;
    if (!current.has(user) && standing(user, input, draft) === "enforced") {
      draft.operations.push(membership("membership.add", group, user, input, "in the group in the directory"));
    }
  }
  for (const user of current) {
    if (!whole && !input.subjects.users.has(user)) continue;
    if (!desired.has(user) && standing(user, input, draft) === "enforced") {
      draft.operations.push(membership("membership.remove", group, user, input, "not in the group in the directory"));
    }
  }
}

/** Managed users of the group as Bitwarden has them: read live where it was read, else the ledger. */
function currentMembers(group: string, keyOf: Map<string, string>, input: PlanInput, draft: Draft): Set<string> {
  const groupId = draft.groupIdOf.get(group);
  const current = new Set<string>();
  if (groupId === undefined) return current;
  const live = input.live.memberIds.get(groupId);
  if (live) {
    for (const id of live) {
      const key = keyOf.get(id);
      if (key !== undefined) current.add(key);
    }
    return current;
  }
  for (const user of input.model.ledgerMembers.get(group) ?? []) current.add(user);
  for (const [memberId, groupIds] of input.live.groupIds) {
    const key = keyOf.get(memberId);
    if (key === undefined) continue;
    if (groupIds.has(groupId)) current.add(key);
    else current.delete(key);
  }
  return current;
}

/** Users that this decision did not plan keep the standing that directory and Bitwarden give them. */
function standing(user: string, input: PlanInput, draft: Draft): Standing {
  const planned = draft.userStanding.get(user);
  if (planned !== undefined) return planned;
  const record = input.model.users.get(user);
  const ledger = input.model.ledgerUsers.get(user);
  const member = ledger && input.live.members.get(ledger.bwId);
  if (!record || !member) return "absent";
  const mayChange = member.status !== REVOKED || (ledger.revokedByUs && input.options.users);
  return record.state === "active" && mayChange ? "enforced" : "frozen";
}

function membership(
  type: "membership.add" | "membership.remove",
  group: string,
  user: string,
  input: PlanInput,
  reason: string,
): PlannedOperation {
  const groupRecord = input.model.groups.get(group);
  const userRecord = input.model.users.get(user);
  const label = `${userRecord?.email ?? userRecord?.externalId ?? user} in ${groupRecord?.name ?? group}`;
  const evidence = `group read ${String(groupRecord?.readNo ?? 0)}, user read ${String(userRecord?.readNo ?? 0)}`;
  return { type, kind: "user", key: user, object: group, data: {}, label, reason, evidence };
}
