/**
 * Which member of Bitwarden is whose, for people whom the ledger does not answer for.
 */
import { REVOKED, type Member } from "../bitwarden.ts";
import { hasOther, note, type About, type Draft, type LiveIndex, type PlanInput } from "../plan/draft.ts";
import type { LedgerUser, Person } from "../model.ts";
import * as notices from "../notices.ts";
import { claimKeys, emailOf, nameOf, primary, verdictOfPerson, type Leave } from "./person.ts";

/** One @ with something on both sides, no spaces and no control characters: more Bitwarden's import does not ask for. */
const EMAIL = /^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u;
/** What Bitwarden stores (database columns of its server). */
const EMAIL_MAX = 256;
const EXTERNAL_ID_MAX = 300;

/**
 * The one member that carries an external id of this person and is nobody else's; refused: it must not be taken, or it
 * is managed already for the same human being, whose claims are then joined.
 */
export function ownerOf(
  person: Person,
  input: PlanInput,
  index: LiveIndex,
  draft: Draft,
): Member | "refused" | undefined {
  const externalIds = new Set(person.claims.map(({ record }) => record.externalId));
  const owners = [...externalIds].flatMap((externalId) => index.membersByExternalId.get(externalId) ?? []);
  const [owner] = owners;
  if (!owner) return undefined;
  const verdict = verdictOfPerson(person, input.sources);
  if (owners.length > 1) {
    const carried = new Set(owners.map(({ externalId }) => externalId));
    const words = notices.duplicateExternalId(owners.length, "members", [...carried].join(" or "));
    note(draft, about(person, input), words);
    if (verdict.want === "leave") noteUnmanaged(owners, person, verdict, input, index, draft);
    return "refused";
  }
  const externalId = owner.externalId ?? "";
  const holder = index.ledgerUserOf.get(owner.id);
  const isTheirs = index.peopleByExternalId.get(externalId)?.has(person.key) === true;
  const isTaken = hasOther(index.peopleByExternalId, externalId, person.key);
  if (!holder && !isTaken) return owner;
  if (holder && !isTaken && isOrphan(holder, owner, person, input)) {
    for (const key of claimKeys(person)) draft.joins.set(key, holder.key);
    return "refused";
  }
  // A name may be given to somebody else; the vault account behind the member stays its first owner's.
  const words =
    isTaken || (holder && isIn(holder.key, input))
      ? notices.externalIdOfAnActive("user", externalId)
      : notices.externalIdOfALeaver(externalId, owner.email);
  if (verdict.want !== "leave") note(draft, about(person, input), words);
  else if (isTheirs) noteUnmanaged(owners, person, verdict, input, index, draft);
  return "refused";
}

/** Managed for somebody of whom no connection of the configuration knows, and who has the same address. */
function isOrphan(holder: LedgerUser, owner: Member, person: Person, { model, sources }: PlanInput): boolean {
  return !model.people.has(holder.key) && owner.email.toLowerCase() === emailOf(person, sources);
}

/** Somebody left, and one of these members, which nobody manages, still has access. */
export function noteUnmanaged(
  members: Member[],
  person: Person,
  { why }: Leave,
  input: PlanInput,
  index: LiveIndex,
  draft: Draft,
): void {
  const left = members.some(({ id, status }) => status !== REVOKED && !index.ledgerUserOf.has(id));
  if (left) note(draft, about(person, input), notices.unmanagedLeaver(why));
}

/** The one member of this person's address that has no external id and is managed for nobody who is in. */
export function freeMember(person: Person, input: PlanInput, index: LiveIndex): Member | undefined {
  const email = emailOf(person, input.sources);
  const [member, ...more] = email === null ? [] : (index.membersByEmail.get(email) ?? []);
  if (!member || more.length > 0 || member.externalId !== null) return undefined;
  const holder = index.ledgerUserOf.get(member.id);
  return holder && isIn(holder.key, input) ? undefined : member;
}

function isIn(key: string, { model, sources }: PlanInput): boolean {
  const person = model.people.get(key);
  return person !== undefined && verdictOfPerson(person, sources).want === "in";
}

/** What an invitation needs, when Bitwarden can store it. */
export function usableFacts(
  person: Person,
  input: PlanInput,
  index: LiveIndex,
  draft: Draft,
): { email: string; externalId: string } | null {
  const email = emailOf(person, input.sources);
  const externalId = primary(person, input.sources)?.record.externalId ?? "";
  const refuse = (problem: Parameters<typeof note>[2]): null => {
    note(draft, about(person, input), problem);
    return null;
  };
  if (email === null) return refuse(notices.noEmail);
  if (!EMAIL.test(email) || email.length > EMAIL_MAX) return refuse(notices.badEmail);
  if (externalId.length > EXTERNAL_ID_MAX) return refuse(notices.badExternalId);
  if (hasOther(index.peopleByEmail, email, person.key)) return refuse(notices.duplicateEmail);
  if (hasOther(index.peopleByExternalId, externalId, person.key))
    return refuse(notices.externalIdOfAnActive("user", externalId));
  return { email, externalId };
}

/** Whom a notice about this person names. */
export function about(person: Person, { sources }: PlanInput): About {
  return { kind: "user", key: person.key, label: nameOf(person, sources) };
}
