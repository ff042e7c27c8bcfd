import { REVOKED } from "../bitwarden.ts";
import { emptyDraft, indexLive, note, type Draft, type LiveIndex, type Plan, type PlanInput } from "./draft.ts";
import { importPoisoned, membersUnreadable, unclaimed, unknownExternalId } from "../notices.ts";
import { keepGroup, planGroup } from "./groups.ts";
import { planMemberships } from "./memberships.ts";
import { poisonOf } from "../live/poison.ts";
import { planUser } from "./users.ts";
import { unqualified } from "../subject.ts";

/**
 * Directories, ledger and live Bitwarden → operations. Pure: the same function decides one hint and a
 * whole reconciliation. Nothing is ever taken away on the word of a snapshot (see `nominations`).
 */
export function plan(input: PlanInput): Plan {
  const draft = emptyDraft();
  const { model, subjects } = input;
  const index = indexLive(input);
  for (const person of model.people.values()) {
    if (subjects.all || subjects.users.has(person.key)) planUser(person, input, index, draft);
  }
  for (const group of model.groups.values()) {
    if (subjects.all || subjects.groups.has(group.key)) planGroup(group, input, index, draft);
    else keepGroup(group, input, index, draft);
  }
  planMemberships(input, draft);
  for (const group of model.ledgerGroups.values()) {
    const isSubject = subjects.all || subjects.groups.has(group.key);
    if (isSubject && input.live.unreadable.has(group.bwId))
      note(draft, { kind: "group", key: group.key, label: group.name }, membersUnreadable);
  }
  if (subjects.all) {
    reportStrangers(input, index, draft);
    reportPoison(input, draft);
  }
  const { operations, notices, nominations, adoptedUsers, adoptedGroups, joins, forgotten } = draft;
  return { operations, notices, nominations, adoptedUsers, adoptedGroups, joins, forgotten };
}

/**
 * Members with access whom no directory speaks for: managed, but their connection is gone from the configuration, or was
 * reset and finds them no more; or
 * with an external id that nobody knows, as a lost store or a move from another tool leaves them. Only reported, and
 * only when every directory has been read whole: before that anybody may still turn up.
 */
function reportStrangers(input: PlanInput, index: LiveIndex, draft: Draft): void {
  const { model, live } = input;
  if (!model.complete) return;
  const joined = new Set(draft.joins.values());
  const known = new Set([...model.people.values()].flatMap(({ claims }) => claims.map((c) => c.record.externalId)));
  for (const member of live.members.values()) {
    if (member.status === REVOKED) continue;
    const ledger = index.ledgerUserOf.get(member.id);
    const label = member.email;
    if (ledger && !model.people.has(ledger.key) && !joined.has(ledger.key)) {
      const { connection } = unqualified(ledger.key);
      note(draft, { kind: "user", key: ledger.key, label }, unclaimed(connection, input.sources.has(connection)));
    } else if (!ledger && member.externalId !== null && !known.has(member.externalId)) {
      note(draft, { kind: "user", key: `bitwarden/${member.id}`, label }, unknownExternalId(member.externalId));
    }
  }
}

/** Pairs that Bitwarden itself allows and that make each of its imports fail, for every tool. */
function reportPoison({ live }: PlanInput, draft: Draft): void {
  for (const { kind, shared, what, remedy } of poisonOf([...live.members.values()], [...live.groups.values()])) {
    note(draft, { kind, key: `bitwarden/${shared}`, label: shared }, importPoisoned(what, remedy));
  }
}
