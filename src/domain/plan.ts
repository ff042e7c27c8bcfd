import { emptyDraft, indexLive, type Plan, type PlanInput } from "./draft.ts";
import { planGroup } from "./plan-groups.ts";
import { planMemberships } from "./plan-memberships.ts";
import { planUser } from "./plan-users.ts";

/**
 * Directory, ledger and live Bitwarden → operations. Pure: the same function decides one hint and a
 * whole reconciliation. Nothing is ever taken away on the word of a snapshot (see `nominations`).
 */
export function plan(input: PlanInput): Plan {
  const draft = emptyDraft();
  const index = indexLive(input.live);
  for (const user of input.model.users.values()) {
    if (input.subjects.all || input.subjects.users.has(user.key)) planUser(user, input, index, draft);
  }
  for (const group of input.model.groups.values()) {
    if (input.subjects.all || input.subjects.groups.has(group.key)) planGroup(group, input, index, draft);
    else keepManaged(group.key, input, draft);
  }
  if (input.options.groups) planMemberships(input, draft);
  return draft;
}

/** A managed group that is not a subject still takes part in the memberships of subject users. */
function keepManaged(key: string, input: PlanInput, draft: ReturnType<typeof emptyDraft>): void {
  const ledger = input.model.ledgerGroups.get(key);
  const record = input.model.groups.get(key);
  if (!ledger || record?.state !== "active" || !input.live.groups.has(ledger.bwId)) return;
  draft.groupIdOf.set(key, ledger.bwId);
  draft.groupMode.set(key, "follow");
}
