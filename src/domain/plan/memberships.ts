import { REVOKED } from "../bitwarden.ts";
import { closureUsers, descendants } from "./closure.ts";
import type { Draft, PlanInput, Standing } from "./draft.ts";
import type { Claim } from "../model.ts";
import type { PlannedOperation } from "../operation.ts";
import { isGuest, lastWords, nameOf, provenAt, verdictOfPerson } from "../people/person.ts";
import { nominate } from "./users.ts";
import { unqualified } from "../subject.ts";
import { verdictOfUser } from "../people/verdict.ts";

/**
 * Decides memberships, only between a managed group and a managed person, for the pairs that the
 * subjects touch: all people of a subject group, all groups of a subject person.
 */
export function planMemberships(input: PlanInput, draft: Draft): void {
  const keyOf = new Map<string, string>();
  for (const ledger of input.model.ledgerUsers.values()) keyOf.set(ledger.bwId, ledger.key);
  for (const adopted of draft.adoptedUsers) keyOf.set(adopted.bwId, adopted.key);
  for (const [group, mode] of draft.groupMode) {
    const { userEdges, groupEdges } = input.model;
    const desired = mode === "empty" ? new Set<string>() : closureUsers(group, userEdges, groupEdges);
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
  const isSubject = (user: string): boolean => whole || input.subjects.users.has(user);
  const current = currentMembers(group, keyOf, input, draft);
  for (const user of desired) {
    if (current.has(user) || !isSubject(user) || standing(user, input, draft) !== "enforced") continue;
    if (placeIn(user, group, input).place === "member")
      draft.operations.push(membership("membership.add", group, user, input, "in the group in the directory"));
  }
  for (const user of current) {
    if (!isSubject(user) || standing(user, input, draft) !== "enforced") continue;
    const here = placeIn(user, group, input);
    if (here.place === "ended") {
      const reason = `${unqualified(group).connection} does not claim the person any more`;
      draft.operations.push(membership("membership.remove", group, user, input, reason, here.claims));
    } else if (here.place === "unproven") {
      for (const claim of here.claims) nominate(claim, draft);
    } else if (here.place === "member" && !desired.has(user)) {
      draft.operations.push(membership("membership.remove", group, user, input, "not in the group in the directory"));
    }
  }
}

/**
 * What the connection of the group says about the person. Somebody who stays because another directory claims them
 * loses the groups of the one that let them go, once a direct read has said so.
 */
function placeIn(
  user: string,
  group: string,
  { model, sources }: PlanInput,
): { place: "member" | "kept" } | { place: "ended" | "unproven"; claims: Claim[] } {
  const source = model.groups.get(group)?.source ?? "";
  const all = (model.people.get(user)?.claims ?? []).filter((claim) => claim.source === source);
  const claims = lastWords(all);
  const options = sources.get(source)?.options;
  if (!options || claims.length === 0) return { place: "member" };
  const wants = claims.map(({ record }) => verdictOfUser(record, options).want);
  if (wants.includes("in")) return { place: "member" };
  if (wants.includes("keep")) return { place: "kept" };
  const unproven = claims.filter(({ record }) => !record.confirmed);
  return unproven.length > 0 ? { place: "unproven", claims: unproven } : { place: "ended", claims };
}

/** Managed people of the group as Bitwarden has them: read live where it was read, else the ledger. */
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

/** People whom this decision did not plan keep the standing that directories and Bitwarden give them. */
function standing(user: string, input: PlanInput, draft: Draft): Standing {
  const planned = draft.userStanding.get(user);
  if (planned !== undefined) return planned;
  const person = input.model.people.get(user);
  const ledger = input.model.ledgerUsers.get(user);
  const member = ledger && input.live.members.get(ledger.bwId);
  if (!person || !member) return "absent";
  const isIn = verdictOfPerson(person, input.sources).want === "in";
  if (member.status === REVOKED && !(isIn && ledger.revokedByUs)) return "frozen";
  return isIn || isGuest(person, input.sources) ? "enforced" : "frozen";
}

function membership(
  type: "membership.add" | "membership.remove",
  group: string,
  user: string,
  input: PlanInput,
  reason: string,
  ended?: Claim[],
): PlannedOperation {
  const { model, sources } = input;
  const groupRecord = model.groups.get(group)?.record;
  const person = model.people.get(user);
  const here = person?.claims.filter(({ source }) => source === model.groups.get(group)?.source) ?? [];
  const label = `${person ? nameOf(person, sources) : user} in ${groupRecord?.name ?? group}`;
  const reads = here.map(({ record }) => String(record.readNo));
  const evidence = `group read ${String(groupRecord?.readNo ?? 0)}, user read ${reads.join(", ") || "none"}`;
  const proven = type === "membership.add" ? 0 : ended ? provenAt(ended) : notInGroupAt(group, here, input);
  return { type, kind: "user", key: user, object: group, data: {}, label, reason, evidence, provenAt: proven };
}

/**
 * Since when it is known that somebody is not in a group. The lists of the group and of all groups nested below it prove
 * that together; so does a direct read of the person, which brings their groups. That a group is no group any more is
 * proved by its own read alone.
 */
function notInGroupAt(group: string, here: Claim[], { model }: PlanInput): number {
  const record = model.groups.get(group)?.record;
  if (record?.state !== "active") return record?.readAt ?? 0;
  const lists = [...descendants([group], model.groupEdges)].flatMap(
    (key) => model.groups.get(key)?.record.readAt ?? [],
  );
  const direct = here.flatMap((claim) => (claim.record.confirmed ? [claim.record.readAt] : []));
  return Math.max(Math.min(...lists), ...direct);
}
