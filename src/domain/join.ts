import type { Claim, LedgerUser, Person } from "./model.ts";
import { lastWords } from "./person.ts";
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
 * a new immutable id); the address, across directories, unless one of them gives it to several people. A join is
 * remembered for good, so that a later change of address does not tear one person apart. `claims`: in the order of the
 * configuration.
 */
export function findJoins(
  claims: readonly Claim[],
  joined: ReadonlyMap<string, string>,
  ledger: ReadonlyMap<string, LedgerUser>,
): Joined {
  const found: Joined = new Map();
  const known = new Map(joined);
  // Somebody gone whom nobody manages leaves nothing behind that a new owner of the address could go on with.
  const addressed = claims.filter((one) => one.record.state !== "gone" || ledger.has(personKey(one, joined)));
  const seen = new Seen(addressees(addressed, joined));
  const heads = new Set(joined.values());
  const isFree = (claim: Claim): boolean => {
    const own = qualified(claim.source, claim.record.key);
    return !joined.has(own) && !heads.has(own) && !ledger.has(own) && claim.record.state !== "gone";
  };
  for (const claim of claims) if (!isFree(claim)) seen.add(claim);
  for (const claim of claims) {
    if (!isFree(claim)) continue;
    const person = seen.personOf(claim, known, ledger);
    if (person !== undefined) {
      const own = qualified(claim.source, claim.record.key);
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

/**
 * The claims that an address leads to: in each directory the most present ones that have it. None where one directory
 * gives it to several people: nobody can tell then whose it is in the other.
 */
function addressees(claims: readonly Claim[], joined: ReadonlyMap<string, string>): Set<Claim> {
  const unambiguous = new Set<Claim>();
  for (const sameAddress of Map.groupBy(claims, ({ record }) => record.email).values()) {
    const speaking = lastWords(sameAddress);
    const perSource = Map.groupBy(speaking, ({ source }) => source).values();
    const people = [...perSource].map((own) => new Set(own.map((claim) => personKey(claim, joined))).size);
    if (people.every((count) => count === 1)) for (const claim of speaking) unambiguous.add(claim);
  }
  return unambiguous;
}

/** The claims looked at so far, by what they may be recognised by. */
class Seen {
  readonly #addressees: ReadonlySet<Claim>;
  readonly #byLink = new Map<string, Claim[]>();
  readonly #byEmail = new Map<string, Claim[]>();
  readonly #byExternalId = new Map<string, Claim[]>();

  constructor(addressees: ReadonlySet<Claim>) {
    this.#addressees = addressees;
  }

  add(claim: Claim): void {
    const { link, email, externalId } = claim.record;
    if (link !== null) push(this.#byLink, link, claim);
    if (email !== null && this.#addressees.has(claim)) push(this.#byEmail, email, claim);
    push(this.#byExternalId, qualified(claim.source, externalId), claim);
  }

  /** The key of the person whom the claim speaks of, if it is one of those seen. */
  personOf(
    claim: Claim,
    joined: ReadonlyMap<string, string>,
    ledger: ReadonlyMap<string, LedgerUser>,
  ): string | undefined {
    const { state, link, email, externalId } = claim.record;
    const elsewhere = (other: Claim): boolean => other.source !== claim.source;
    const linked = link === null ? undefined : this.#byLink.get(link)?.find(elsewhere);
    if (linked) return personKey(linked, joined);
    if (email === null) return undefined;
    const predecessor = this.#byExternalId
      .get(qualified(claim.source, externalId))
      ?.map((other) => ({ person: personKey(other, joined), state: other.record.state }))
      .find((other) => other.state !== "active" && ledger.get(other.person)?.email.toLowerCase() === email);
    if (predecessor && state === "active") return predecessor.person;
    if (!this.#addressees.has(claim)) return undefined;
    const sameAddress = (this.#byEmail.get(email) ?? []).filter(elsewhere);
    const fitting = sameAddress.filter(({ record }) => link === null || record.link === null || record.link === link);
    const [person, ...others] = new Set(fitting.map((other) => personKey(other, joined)));
    return others.length === 0 ? person : undefined;
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
