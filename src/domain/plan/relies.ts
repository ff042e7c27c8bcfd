import { descendants } from "./closure.ts";
import type { PlannedOperation } from "../operation.ts";

/** What an operation that takes something away relies on: when one of these may have changed, it must wait. */
export interface ReliesOn {
  /** Qualified keys of the person's claims. */
  users: string[];
  /** The group and everything nested below it. */
  groups: string[];
}

/** `claimsOf`: the qualified keys of a person's claims. `groupEdges`: nested groups by group. */
export function reliesOn(
  { kind, key, object }: Pick<PlannedOperation, "kind" | "key" | "object">,
  claimsOf: (person: string) => string[],
  groupEdges: Map<string, string[]>,
): ReliesOn {
  if (kind === "group") return { users: [], groups: [key] };
  return { users: claimsOf(key), groups: object === "" ? [] : [...descendants([object], groupEdges)] };
}

/** The claims of every person: their own key, and whatever was joined to it. */
export function claimsByPerson(joined: ReadonlyMap<string, string>): (person: string) => string[] {
  const claims = new Map<string, string[]>();
  for (const [claim, person] of joined) claims.set(person, [...(claims.get(person) ?? []), claim]);
  return (person) => [person, ...(claims.get(person) ?? [])];
}
