import type { Claim, LedgerUser, Person } from "./model.ts";
import { qualified } from "./subject.ts";

/** Which claims belong to somebody who is known under another key: qualified key of the claim → key of the person. */
export type Joined = Map<string, string>;

/** Whose person a claim is: its own, unless it was joined to somebody else's. */
export function personKey(claim: Claim, joined: ReadonlyMap<string, string>): string {
  const own = qualified(claim.source, claim.record.key);
  return joined.get(own) ?? own;
}

/**
 * Finds new claims that speak of somebody already known. In this order: the stable link that two directories share; the
 * external id of somebody who is gone from the same directory and has the same address (deleted and created again under
 * a new immutable id); the address, across directories. A join is remembered for good, so that a later change of
 * address does not tear one person apart. `claims`: in the order of the configuration.
 */
export function findJoins(
  claims: readonly Claim[],
  joined: ReadonlyMap<string, string>,
  ledger: ReadonlyMap<string, LedgerUser>,
): Joined {
  const found: Joined = new Map();
  const known = new Map(joined);
  const seen = new Seen();
  const isFree = (claim: Claim): boolean => {
    const own = qualified(claim.source, claim.record.key);
    return !joined.has(own) && !ledger.has(own) && claim.record.state !== "gone";
  };
  for (const claim of claims) if (!isFree(claim)) seen.add(claim);
  for (const claim of claims) {
    if (!isFree(claim)) continue;
    const partner = seen.partnerOf(claim, (other) => ledger.get(personKey(other, known))?.email ?? null);
    if (partner !== undefined) {
      const own = qualified(claim.source, claim.record.key);
      const person = personKey(partner, known);
      known.set(own, person);
      found.set(own, person);
    }
    seen.add(claim);
  }
  return found;
}

/** People by key, from the claims in the order of the configuration. */
export function unite(claims: readonly Claim[], joined: ReadonlyMap<string, string>): Map<string, Person> {
  const people = new Map<string, Person>();
  for (const claim of claims) {
    const key = personKey(claim, joined);
    const person = people.get(key);
    if (person) person.claims.push(claim);
    else people.set(key, { key, claims: [claim] });
  }
  return people;
}

/** Addresses that more than one person of these claims: nobody is invited to them. Lower-cased, as in the records. */
export function sharedEmails(people: Iterable<Person>): Set<string> {
  const holders = new Map<string, string>();
  const shared = new Set<string>();
  for (const person of people) {
    for (const { record } of person.claims) {
      if (record.state !== "active" || record.email === null) continue;
      const holder = holders.get(record.email);
      if (holder !== undefined && holder !== person.key) shared.add(record.email);
      holders.set(record.email, person.key);
    }
  }
  return shared;
}

/** The claims looked at so far, by what they may be recognised by. */
class Seen {
  readonly #byLink = new Map<string, Claim[]>();
  readonly #byEmail = new Map<string, Claim[]>();
  readonly #byExternalId = new Map<string, Claim[]>();

  add(claim: Claim): void {
    const { link, email, externalId } = claim.record;
    if (link !== null) push(this.#byLink, link, claim);
    if (email !== null) push(this.#byEmail, email, claim);
    push(this.#byExternalId, qualified(claim.source, externalId), claim);
  }

  /** `memberEmail`: the address of the member that somebody's person has in Bitwarden. */
  partnerOf(claim: Claim, memberEmail: (other: Claim) => string | null): Claim | undefined {
    const { link, email, externalId } = claim.record;
    const elsewhere = (other: Claim): boolean => other.source !== claim.source;
    const linked = link === null ? [] : (this.#byLink.get(link) ?? []).filter(elsewhere);
    if (linked.length > 0) return linked[0];
    const sameName = this.#byExternalId.get(qualified(claim.source, externalId)) ?? [];
    const predecessor = sameName.find(
      (other) =>
        claim.record.state === "active" &&
        other.record.state !== "active" &&
        email !== null &&
        memberEmail(other)?.toLowerCase() === email,
    );
    if (predecessor !== undefined) return predecessor;
    if (email === null) return undefined;
    const sameAddress = (this.#byEmail.get(email) ?? []).filter(elsewhere);
    const fitting = sameAddress.filter(({ record }) => link === null || record.link === null || record.link === link);
    return new Set(fitting.map(({ source }) => source)).size === fitting.length ? fitting[0] : undefined;
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
