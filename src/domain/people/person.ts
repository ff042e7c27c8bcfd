import type { UserState } from "../directory.ts";
import type { Claim, Person, Source } from "../model.ts";
import { qualified } from "../subject.ts";
import { verdictOfUser } from "./verdict.ts";

/** What the organization does about a person once everybody who claims them has been heard. */
export type PersonVerdict =
  | { want: "in" }
  /** Neither invited nor taken away. */
  | { want: "keep" }
  | {
      want: "leave";
      action: "revoke" | "remove" | "report";
      why: string;
      /** The authoritative connection on whose word they leave, whoever else claims them; or null. */
      finalWord: string | null;
      /** The claims that ended; all of them must have been read directly before anything is taken away. */
      ended: Claim[];
    };

/** Access ends. */
export type Leave = Extract<PersonVerdict, { want: "leave" }>;

export type Sources = ReadonlyMap<string, Source>;

/** The names under which the person's claims are known, e.g. `ad/5f…` and `entra/91…`. */
export function claimKeys(person: Person): string[] {
  return person.claims.map(({ source, record }) => qualified(source, record.key));
}

/** The claim that names the person: the first that is active, else the first. */
export function primary(person: Person, sources: Sources): Claim | undefined {
  const active = person.claims.filter((claim) => claim.record.state === "active");
  return active.find((claim) => hasVoice(claim, sources)) ?? active[0] ?? person.claims[0];
}

/** The address to invite: the primary claim's, else any active claim's. */
export function emailOf(person: Person, sources: Sources): string | null {
  const named = primary(person, sources)?.record.email ?? null;
  if (named !== null) return named;
  return person.claims.find(({ record }) => record.state === "active" && record.email !== null)?.record.email ?? null;
}

/** For people to read: the address, else the external id. */
export function nameOf(person: Person, sources: Sources): string {
  return emailOf(person, sources) ?? primary(person, sources)?.record.externalId ?? person.key;
}

/** A connection with `users: false` knows people only to put them into groups: it neither brings nor ends anybody. */
export function hasVoice(claim: Claim, sources: Sources): boolean {
  return sources.get(claim.source)?.options.users === true;
}

/** How much of a person there is in a directory: of several entries, the most present ones speak. */
export const PRESENCE: Record<UserState, number> = { active: 2, disabled: 1, out: 1, gone: 0 };

/**
 * The claims that speak for their directories. Whoever was deleted and created again in one of them has an old claim
 * there that says nothing any more.
 */
export function lastWords(claims: readonly Claim[]): Claim[] {
  return claims.filter(({ source, record }) =>
    claims.every((other) => other.source !== source || PRESENCE[other.record.state] <= PRESENCE[record.state]),
  );
}

/** Known only to connections with `users: false`: somebody who takes part in groups, and nothing else is touched. */
export function isGuest(person: Person, sources: Sources): boolean {
  const hasNoVoice = person.claims.every((claim) => !hasVoice(claim, sources));
  return hasNoVoice && person.claims.some(({ record }) => record.state === "active");
}

/**
 * A person stays while anyone claims them, and leaves at once when a connection marked authoritative says disabled or
 * gone. Of several ways to leave, one that can be undone wins; a report alone only if nobody asks for more.
 */
export function verdictOfPerson(person: Person, sources: Sources): PersonVerdict {
  const heard = lastWords(person.claims).flatMap((claim) => {
    const source = sources.get(claim.source);
    return source?.options.users === true
      ? [{ claim, verdict: verdictOfUser(claim.record, source.options), source }]
      : [];
  });
  const leaving = heard.flatMap(({ claim, verdict, source }) =>
    verdict.want === "leave" ? [{ claim, verdict, authoritative: source.authoritative }] : [],
  );
  const final = leaving.filter(
    ({ claim, authoritative }) => authoritative && (claim.record.state === "disabled" || claim.record.state === "gone"),
  );
  if (final.length === 0) {
    if (heard.some(({ verdict }) => verdict.want === "in")) return { want: "in" };
    if (heard.length === 0 || heard.some(({ verdict }) => verdict.want === "keep")) return { want: "keep" };
  }
  const decisive = final.length > 0 ? final : leaving;
  const actions = decisive.map(({ verdict }) => verdict.action);
  const action = actions.includes("revoke") ? "revoke" : actions.includes("remove") ? "remove" : "report";
  const several = person.claims.length > 1;
  const why = decisive.map(({ claim, verdict }) => (several ? `${claim.source}: ${verdict.why}` : verdict.why));
  const claims = decisive.map(({ claim }) => claim);
  // The word of one is enough: of one that is proven already, else of the first by name.
  const proven = claims.filter(({ record }) => record.confirmed);
  const words = (proven.length > 0 ? proven : claims).map(({ source }) => source).sort();
  const finalWord = final.length > 0 ? (words[0] ?? null) : null;
  const ended = claims.filter(({ source }) => finalWord === null || source === finalWord);
  return { want: "leave", action, why: why.join("; "), finalWord, ended };
}

/** When the claims that ended were last read, epoch ms: the proof behind taking something away is as old as the oldest. */
export function provenAt(claims: Claim[]): number {
  return Math.min(...claims.map(({ record }) => record.readAt));
}
