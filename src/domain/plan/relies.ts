import { descendants } from "./closure.ts";
import type { PlannedOperation } from "../operation.ts";
import { unqualified } from "../subject.ts";

/** What an operation that takes something away relies on: when one of these may have changed, it must wait. */
export interface ReliesOn {
  /** Qualified keys of those of the person's claims that decide. */
  users: string[];
  /** The group and everything nested below it. */
  groups: string[];
}

/** What is known of an organization's connections to judge what an operation relies on. */
export interface Known {
  /** The qualified keys of a person's claims. */
  claimsOf: (person: string) => string[];
  /** Nested groups by group. */
  groupEdges: Map<string, string[]>;
  /** The connections of the configuration: nobody else will ever be read. */
  sources: { has(connection: string): boolean };
}

/**
 * A final word needs no other. In a group of one connection only that connection has a say. Otherwise everybody who
 * claims the person must have been heard.
 */
export function reliesOn(
  { kind, key, object, data }: Pick<PlannedOperation, "kind" | "key" | "object" | "data">,
  { claimsOf, groupEdges, sources }: Known,
): ReliesOn {
  if (kind === "group") return { users: [], groups: [key] };
  const groups = object === "" ? [] : [...descendants([object], groupEdges)];
  const only = object === "" ? data.finalWord : unqualified(object).connection;
  const users = claimsOf(key).filter((claim) => {
    const { connection } = unqualified(claim);
    return only === undefined ? sources.has(connection) : connection === only;
  });
  return { users, groups };
}

/** The claims of every person: their own key, and whatever was joined to it. */
export function claimsByPerson(joined: ReadonlyMap<string, string>): (person: string) => string[] {
  const claims = new Map<string, string[]>();
  for (const [claim, person] of joined) claims.set(person, [...(claims.get(person) ?? []), claim]);
  return (person) => [person, ...(claims.get(person) ?? [])];
}
