import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { OktaEmulator } from "../fakes/okta/server.ts";

/** Who has access, and who is in which group: the part of both sides that must agree. */
export interface Access {
  /** External ids (Okta ids), sorted. */
  members: string[];
  /** By group name: external ids of those with access, sorted. */
  groups: Record<string, string[]>;
}

const NO_ACCESS = new Set(["DEPROVISIONED", "SUSPENDED"]);
const REVOKED = -1;

/** What Bitwarden must hold by what Okta says now. */
export function wanted(okta: OktaEmulator): Access {
  const { users, groups } = okta.dump();
  const active = new Set(users.filter((user) => !NO_ACCESS.has(user.status)).map((user) => user.id));
  return {
    members: [...active].sort(),
    groups: Object.fromEntries(
      groups.map(({ name, members }) => [name, members.filter((id) => active.has(id)).sort()]),
    ),
  };
}

/** What Bitwarden holds of what carries an external id; groups that hold nobody of ours included. */
export function actual(bitwarden: FakeBitwarden): Access {
  const { members, groups } = bitwarden.dump();
  const active = members.filter((member) => member.status !== REVOKED).flatMap((member) => member.externalId ?? []);
  const known = new Set(active);
  return {
    members: active.sort(),
    groups: Object.fromEntries(
      groups
        .filter((group) => group.externalId !== null)
        .map((group) => [group.name, group.members.filter((id) => known.has(id)).sort()]),
    ),
  };
}

/** The Bitwarden member of an Okta user. */
export function memberOf(bitwarden: FakeBitwarden, oktaId: string) {
  return bitwarden.dump().members.find((member) => member.externalId === oktaId);
}

export function statusOf(bitwarden: FakeBitwarden, oktaId: string): number | undefined {
  return memberOf(bitwarden, oktaId)?.status;
}

/** Group names that hold an Okta user in Bitwarden, sorted; `Everyone` left out. */
export function groupsOf(bitwarden: FakeBitwarden, oktaId: string): string[] {
  return bitwarden
    .dump()
    .groups.filter((group) => group.members.includes(oktaId) && group.name !== "Everyone")
    .map((group) => group.name)
    .sort();
}

const TAKES_AWAY = /^(POST \/public\/members\/\{id\}\/revoke|DELETE \/public\/members\/\{id\})$/;

/** Calls that take somebody's membership away. */
export function leaverCalls(bitwarden: FakeBitwarden): string[] {
  return bitwarden.history
    .writes()
    .filter((entry) => TAKES_AWAY.test(entry.route))
    .map((entry) => `${entry.method} ${entry.path}`);
}
