import type { Claim, LedgerUser, Person, UserRecord } from "../model.ts";
import { lastWords } from "./person.ts";
import { qualified, unqualified } from "../subject.ts";
import { claimsByPerson } from "../plan/relies.ts";

/** Which claims belong to somebody who is known under another key: qualified key of the claim → key of the person. */
export type Joined = Map<string, string>;

/** Whose person a claim is: its own, unless it was joined to somebody else's. */
export function personKey(claim: Claim, joined: ReadonlyMap<string, string>): string {
  const own = ownKey(claim);
  return joined.get(own) ?? own;
}

/** One way to recognise that a new claim speaks of somebody known. */
interface Way {
  /** What both claims must share; null: the claim cannot be recognised this way. */
  mark: (claim: Claim) => string | null;
  fits: (claim: Claim, other: Claim) => boolean;
}

/**
 * Finds new claims that speak of somebody already known. In this order, each for all claims before the next: the
 * external id of somebody who left the same directory and has the same address (deleted and created again under a new
 * immutable id); the stable link that two directories share; the address, across directories. A link or an address that
 * one directory gives to several people joins nobody, and two people of one directory never become one by it. A join is
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
  const heads = new Set(joined.values());
  const isNew = (claim: Claim): boolean => {
    const own = ownKey(claim);
    return !known.has(own) && !heads.has(own) && !ledger.has(own) && claim.record.state !== "gone";
  };
  if (!claims.some(isNew)) return found;
  // Somebody gone whom nobody manages leaves nothing behind that a new owner of the address could go on with.
  const living = claims.filter((one) => one.record.state !== "gone" || ledger.has(personKey(one, known)));
  const places = new Set(living.map((one) => place(one.source, personKey(one, known))));
  const knowledge = { living, places, joined: known, ledger };
  for (const wayOf of [createdAgain, sameLink, sameAddress]) {
    const way = wayOf(knowledge);
    const seen = new Map<string, Claim[]>();
    const see = (claim: Claim): void => {
      const mark = way.mark(claim);
      if (mark !== null) seen.set(mark, [...(seen.get(mark) ?? []), claim]);
    };
    const [unknown, settled] = [claims.filter(isNew), claims.filter((claim) => !isNew(claim))];
    for (const claim of settled) see(claim);
    for (const claim of unknown) {
      const mark = way.mark(claim);
      const others = mark === null ? [] : (seen.get(mark) ?? []);
      const fitting = others.filter((other) => way.fits(claim, other));
      const [person, ...doubts] = new Set(fitting.map((other) => personKey(other, known)));
      if (person !== undefined && doubts.length === 0) {
        known.set(ownKey(claim), person);
        found.set(ownKey(claim), person);
        heads.add(person);
        places.add(place(claim.source, person));
      }
      see(claim);
    }
  }
  return found;
}

/**
 * People by key, from the claims in the order of the configuration. `unread`: connections that have never been read
 * whole, or not since a reset.
 */
export function unite(
  claims: readonly Claim[],
  joined: ReadonlyMap<string, string>,
  unread: ReadonlySet<string> = new Set(),
): Map<string, Person> {
  const people = new Map<string, Person>();
  for (const claim of claims) {
    const key = personKey(claim, joined);
    const person = people.get(key);
    if (person) person.claims.push(claim);
    else people.set(key, { key, claims: [claim], unheard: [] });
  }
  if (unread.size === 0) return people;
  const heard = new Set(claims.map(ownKey));
  const claimsOf = claimsByPerson(joined);
  for (const person of people.values()) {
    person.unheard = claimsOf(person.key).filter(
      (name) => !heard.has(name) && unread.has(unqualified(name).connection),
    );
  }
  return people;
}

interface Knowledge {
  living: readonly Claim[];
  /** In which directories a person has an entry (`place`). */
  places: ReadonlySet<string>;
  joined: ReadonlyMap<string, string>;
  ledger: ReadonlyMap<string, LedgerUser>;
}

function createdAgain({ joined, ledger }: Knowledge): Way {
  return {
    mark: ({ source, record }) => qualified(source, record.externalId),
    fits: ({ record }, other) => {
      const follows = record.state === "active" && other.record.state !== "active";
      return follows && ledger.get(personKey(other, joined))?.email.toLowerCase() === record.email;
    },
  };
}

function sameLink(knowledge: Knowledge): Way {
  return acrossDirectories(knowledge, ({ link }) => link);
}

function sameAddress(knowledge: Knowledge): Way {
  const { mark, fits } = acrossDirectories(knowledge, ({ email }) => email);
  const linksDiffer = (one: string | null, other: string | null): boolean =>
    one !== null && other !== null && one !== other;
  return { mark, fits: (claim, other) => fits(claim, other) && !linksDiffer(claim.record.link, other.record.link) };
}

/** `of`: what two directories may share. Only the most present entries of a directory are looked at. */
function acrossDirectories({ living, places, joined }: Knowledge, of: (record: UserRecord) => string | null): Way {
  const unambiguous = new Set<Claim>();
  for (const same of Map.groupBy(living, ({ record }) => of(record)).values()) {
    const speaking = lastWords(same);
    const perSource = Map.groupBy(speaking, ({ source }) => source).values();
    const people = [...perSource].map((own) => new Set(own.map((claim) => personKey(claim, joined))).size);
    if (people.every((count) => count === 1)) for (const claim of speaking) unambiguous.add(claim);
  }
  return {
    mark: (claim) => (unambiguous.has(claim) ? of(claim.record) : null),
    fits: (claim, other) => !places.has(place(claim.source, personKey(other, joined))),
  };
}

function place(source: string, person: string): string {
  return JSON.stringify([source, person]);
}

function ownKey({ source, record }: Claim): string {
  return qualified(source, record.key);
}
