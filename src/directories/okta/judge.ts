/** The scope of one Okta connection, and the pure judgement of single records by it. */
import type { DirectoryGroup, DirectoryUser } from "../../domain/directory.ts";
import { matches, type ScopeFilter } from "../../domain/scope.ts";
import type { OktaGroup, OktaUser } from "./records.ts";

/** Bitwarden's limit; Directory Connector drops users beyond it. */
const MAX_EMAIL_LENGTH = 256;

export interface OktaScope {
  users: ScopeFilter;
  groups: ScopeFilter;
  /**
   * Directory Connector's rule: with groups on and a group *clause*, people in no kept group are out.
   * A group filter of only a provider query does not do this.
   */
  groupRule: boolean;
}

/** What cannot be told from the user's record alone. */
export interface UserFacts {
  matchesQuery: boolean;
  inKeptGroup: boolean;
}

/**
 * The state of a user who exists and is not DEPROVISIONED. userFilter comes before SUSPENDED, and SUSPENDED
 * before the group rule, as in Directory Connector (which keeps disabled users outside the kept groups).
 */
export function judgeUser(user: OktaUser, scope: OktaScope, facts: UserFacts): DirectoryUser {
  const email = (user.profile.email ?? "").trim().toLowerCase();
  const person = {
    key: user.id,
    externalId: user.id,
    email: email === "" || email.length > MAX_EMAIL_LENGTH ? null : email,
  };
  const filtered = outBy("userFilter", scope.users, user.profile.email ?? null, facts.matchesQuery);
  if (filtered !== null) return { ...person, state: "out", clause: filtered };
  if (user.status === "SUSPENDED") return { ...person, state: "disabled", clause: "status SUSPENDED" };
  if (scope.groupRule && !facts.inKeptGroup) {
    return { ...person, state: "out", clause: "in no group matched by groupFilter" };
  }
  return { ...person, state: "active" };
}

/** The state of a group that exists. */
export function judgeGroup(group: OktaGroup, scope: OktaScope, matchesQuery: boolean): DirectoryGroup {
  const named = { key: group.id, externalId: group.id, name: group.profile.name };
  const filtered = outBy("groupFilter", scope.groups, group.profile.name, matchesQuery);
  return filtered === null ? { ...named, state: "active" } : { ...named, state: "out", clause: filtered };
}

/** The clause that keeps a value out, in the administrator's words, or null. */
function outBy(option: string, filter: ScopeFilter, value: string | null, matchesQuery: boolean): string | null {
  if (!matches(filter, value)) {
    return filter.clause?.kind === "include" ? `not listed in ${option} include:` : `listed in ${option} exclude:`;
  }
  return matchesQuery ? null : `not matched by the query of ${option}`;
}
