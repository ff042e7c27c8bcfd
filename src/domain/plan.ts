import { emptyDraft, indexLive, type Plan, type PlanInput } from "./draft.ts";
import type { PlannedOperation } from "./operation.ts";
import { planGroup } from "./plan-groups.ts";
import { planMemberships } from "./plan-memberships.ts";
import { planUser } from "./plan-users.ts";

/**
 * Directory, ledger and live Bitwarden → operations. Pure: the same function decides one hint and a
 * whole reconciliation. Nothing is ever taken away on the word of a snapshot (see `nominations`).
 */
export function plan(input: PlanInput): Plan {
  const draft = emptyDraft();
  const index = indexLive(input.live, input.model);
  for (const user of input.model.users.values()) {
    if (input.subjects.all || input.subjects.users.has(user.key)) planUser(user, input, index, draft);
  }
  for (const group of input.model.groups.values()) {
    if (input.subjects.all || input.subjects.groups.has(group.key)) planGroup(group, input, index, draft);
    else keepManaged(group.key, input, draft);
  }
  if (input.options.groups) planMemberships(input, draft);
  const operations = withoutPredecessors(input, draft);
  if (input.options.users) return { ...draft, operations };
  // With `users: false` members are somebody else's to manage; groups still need to know them.
  return {
    ...draft,
    operations: operations.filter((operation) => !operation.type.startsWith("member.")),
    nominations: draft.nominations.filter((nomination) => nomination.kind !== "user"),
  };
}

/** Whoever was deleted and created again keeps the member: nothing is done to it in the old key's name. */
function withoutPredecessors(input: PlanInput, draft: Plan): PlannedOperation[] {
  const { ledgerUsers, ledgerGroups } = input.model;
  const takenBy = new Map([...draft.adoptedUsers, ...draft.adoptedGroups].map(({ bwId, key }) => [bwId, key]));
  const isTaken = (key: string, ledger: { bwId: string } | undefined): boolean =>
    ledger !== undefined && (takenBy.get(ledger.bwId) ?? key) !== key;
  return draft.operations.filter(({ kind, key, object }) => {
    if (isTaken(object, ledgerGroups.get(object))) return false;
    return !isTaken(key, kind === "user" ? ledgerUsers.get(key) : ledgerGroups.get(key));
  });
}

/** A managed group that is not a subject still takes part in the memberships of subject users. */
function keepManaged(key: string, input: PlanInput, draft: ReturnType<typeof emptyDraft>): void {
  const ledger = input.model.ledgerGroups.get(key);
  const record = input.model.groups.get(key);
  if (!ledger || record?.state !== "active" || !input.live.groups.has(ledger.bwId)) return;
  draft.groupIdOf.set(key, ledger.bwId);
  draft.groupMode.set(key, "follow");
}
