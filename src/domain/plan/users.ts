import { PLAIN_USER, REVOKED, type Member } from "../bitwarden.ts";
import { hasOther, note, type Draft, type LiveIndex, type PlanInput } from "./draft.ts";
import { about, freeMember, noteUnmanaged, ownerOf, usableFacts } from "../people/match.ts";
import type { Claim, LedgerUser, Person } from "../model.ts";
import * as notices from "../notices.ts";
import type { OperationData, OperationType, PlannedOperation } from "../operation.ts";
import {
  claimKeys,
  emailOf,
  isGuest,
  nameOf,
  primary,
  provenAt,
  verdictOfPerson,
  type Leave,
} from "../people/person.ts";

/** Decides one person: nothing, adoption, or the operation that brings Bitwarden in step. */
export function planUser(person: Person, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const ledger = input.model.ledgerUsers.get(person.key);
  const member = ledger && input.live.members.get(ledger.bwId);
  if (member) planManaged(person, ledger, member, input, draft);
  else if (ledger) planVanished(person, ledger, input, index, draft);
  else planUnknown(person, input, index, draft);
}

/** Not managed yet: whoever carries our external id is adopted, everybody else is matched by address. */
function planUnknown(person: Person, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const owner = ownerOf(person, input, index, draft);
  if (owner === "refused") draft.userStanding.set(person.key, "absent");
  else if (owner) adopt(person, owner, input, draft);
  else planUnmanaged(person, input, index, draft);
}

/**
 * Managed, but the member is not there any more. Deleting and inviting again is the usual repair by hand: who carries
 * our external id or has the address and no external id is the same person again.
 */
function planVanished(person: Person, ledger: LedgerUser, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const verdict = verdictOfPerson(person, input.sources);
  draft.userStanding.set(person.key, "absent");
  if (verdict.want === "leave") {
    const unconfirmed = verdict.ended.filter(({ record }) => !record.confirmed);
    for (const claim of unconfirmed) nominate(claim, draft);
    if (unconfirmed.length === 0) draft.forgotten.push({ kind: "user", key: person.key });
    return;
  }
  const owner = ownerOf(person, input, index, draft);
  if (owner === "refused") return;
  if (owner) {
    adopt(person, owner, input, draft);
    return;
  }
  const again = freeMember(person, input, index);
  if (again && !index.ledgerUserOf.has(again.id) && verdict.want === "in") {
    draft.userStanding.set(person.key, again.status === REVOKED ? "frozen" : "enforced");
    const data = { email: again.email.toLowerCase(), externalId: ledger.externalId };
    draft.operations.push(
      operation("member.link", person, input, data, "invited again by hand under the same address"),
    );
  } else if (verdict.want === "in") {
    note(draft, about(person, input), notices.removedByHand);
  }
}

function adopt(person: Person, member: Member, input: PlanInput, draft: Draft): void {
  const adopted: LedgerUser = {
    key: person.key,
    externalId: member.externalId ?? "",
    bwId: member.id,
    email: member.email,
    status: member.status,
    type: member.type,
    revokedByUs: false,
  };
  draft.adoptedUsers.push(adopted);
  planManaged(person, adopted, member, input, draft);
}

function planManaged(person: Person, ledger: LedgerUser, member: Member, input: PlanInput, draft: Draft): void {
  const verdict = verdictOfPerson(person, input.sources);
  if (verdict.want === "leave") planLeaver(person, member, verdict, input, draft);
  else if (verdict.want === "in") planStayer(person, ledger, member, input, draft);
  else {
    const takesPart = isGuest(person, input.sources) && member.status !== REVOKED;
    draft.userStanding.set(person.key, takesPart ? "enforced" : "frozen");
  }
}

function planLeaver(person: Person, member: Member, verdict: Leave, input: PlanInput, draft: Draft): void {
  draft.userStanding.set(person.key, "frozen");
  const spared = isProtected(person, member, input);
  if (member.status === REVOKED && (verdict.action !== "remove" || spared)) return;
  // Somebody who claimed them before a reset may still do so: the decision about everything that follows its read knows.
  if (verdict.finalWord === null && person.unheard.length > 0) return;
  const unconfirmed = verdict.ended.filter(({ record }) => !record.confirmed);
  if (unconfirmed.length > 0) {
    for (const claim of unconfirmed) nominate(claim, draft);
  } else if (spared) {
    note(draft, about(person, input), notices.protectedLeaver(verdict.why));
  } else if (verdict.action === "report") {
    note(draft, about(person, input), notices.leaverReported(verdict.why));
  } else {
    const type = verdict.action === "remove" ? "member.remove" : "member.revoke";
    const data = verdict.finalWord === null ? {} : { finalWord: verdict.finalWord };
    const planned = operation(type, person, input, data, verdict.why);
    draft.operations.push({ ...planned, evidence: evidence(verdict.ended), provenAt: provenAt(verdict.ended) });
  }
}

export function nominate({ source, record }: Claim, draft: Draft): void {
  draft.nominations.push({ connection: source, kind: "user", key: record.key });
}

function planStayer(person: Person, ledger: LedgerUser, member: Member, input: PlanInput, draft: Draft): void {
  const revoked = member.status === REVOKED;
  const comesBack = revoked && ledger.revokedByUs;
  draft.userStanding.set(person.key, revoked && !comesBack ? "frozen" : "enforced");
  if (comesBack) {
    const reason = "active again in the directory, and revoked by this bridge";
    draft.operations.push(operation("member.restore", person, input, {}, reason));
  } else if (revoked) {
    note(draft, about(person, input), notices.revokedByHand);
  }
  // One operation per person at a time: a member that is about to be restored is linked afterwards.
  if (member.externalId === null && !comesBack) {
    const data = { email: member.email.toLowerCase(), externalId: externalIdFor(person, ledger, input) };
    draft.operations.push(operation("member.link", person, input, data, "the external id was cleared in Bitwarden"));
  } else if (member.externalId !== null && member.externalId !== ledger.externalId) {
    note(draft, about(person, input), notices.externalIdChanged("person", member.externalId, ledger.externalId));
  }
  const email = emailOf(person, input.sources);
  const addresses = person.claims.filter(({ record }) => record.state === "active").map(({ record }) => record.email);
  if (email !== null && !addresses.includes(member.email.toLowerCase())) {
    note(draft, about(person, input), notices.emailDiffers(email, member.email));
  }
}

/** The external id is frozen at first sight, unless the claim that it came from has ended and another one goes on. */
function externalIdFor(person: Person, ledger: LedgerUser, { sources }: PlanInput): string {
  const active = person.claims.filter(({ record }) => record.state === "active");
  if (active.some(({ record }) => record.externalId === ledger.externalId)) return ledger.externalId;
  return person.claims.length > 1
    ? (primary(person, sources)?.record.externalId ?? ledger.externalId)
    : ledger.externalId;
}

function planUnmanaged(person: Person, input: PlanInput, index: LiveIndex, draft: Draft): void {
  draft.userStanding.set(person.key, "absent");
  const verdict = verdictOfPerson(person, input.sources);
  if (verdict.want === "leave") {
    const emails = new Set(person.claims.flatMap(({ record }) => record.email ?? []));
    const theirs = [...emails].filter((email) => !hasOther(index.peopleByEmail, email, person.key));
    const members = theirs.flatMap((email) => index.membersByEmail.get(email) ?? []);
    noteUnmanaged(members, person, verdict, input, index, draft);
    return;
  }
  const usable = verdict.want === "in" ? usableFacts(person, input, index, draft) : null;
  if (usable === null) return;
  const sameEmail = index.membersByEmail.get(usable.email) ?? [];
  const free = freeMember(person, input, index);
  const holder = free && index.ledgerUserOf.get(free.id);
  if (sameEmail.length === 0) {
    draft.userStanding.set(person.key, "enforced");
    const reason = "active in the directory, not yet in Bitwarden";
    draft.operations.push(operation("member.invite", person, input, usable, reason));
  } else if (holder) {
    // Somebody who left, and whose external id was cleared to let the new entry take over: one person from now on.
    for (const key of claimKeys(person)) draft.joins.set(key, holder.key);
  } else if (free) {
    draft.userStanding.set(person.key, free.status === REVOKED ? "frozen" : "enforced");
    const reason = "same e-mail address, no external id yet";
    draft.operations.push(operation("member.link", person, input, usable, reason));
  } else {
    note(draft, about(person, input), notices.emailOfAnotherMember(sameEmail[0]?.externalId ?? null));
  }
}

/** Owners, admins, custom roles and named addresses are never taken away. */
export function isProtectedMember(member: { type: number; email: string }, addresses: Set<string>): boolean {
  return member.type !== PLAIN_USER || addresses.has(member.email.toLowerCase());
}

function isProtected(person: Person, member: Member, input: PlanInput): boolean {
  const named = person.claims.some(({ record }) => record.email !== null && input.protected.has(record.email));
  return named || isProtectedMember(member, input.protected);
}

function operation(
  type: OperationType,
  person: Person,
  input: PlanInput,
  data: OperationData,
  reason: string,
): PlannedOperation {
  const { key, claims } = person;
  const label = nameOf(person, input.sources);
  return { type, kind: "user", key, object: "", data, label, reason, evidence: evidence(claims), provenAt: 0 };
}

function evidence(claims: Claim[]): string {
  const read = claims.map(({ source, record }) => {
    const words = `${record.confirmed ? "direct read" : "snapshot"} ${String(record.readNo)}: ${record.state}`;
    return claims.length > 1 ? `${source} ${words}` : words;
  });
  return read.join(", ");
}
