import type { Dump } from "../fakes/bitwarden/dump.ts";
import type { OktaDump } from "../fakes/okta/types.ts";

const REVOKED = -1;

/**
 * What keeps Bitwarden from being equal to Okta, one sentence each; empty: equal. The rules are written here once more,
 * apart from the bridge's own code: who is active in Okta is a member, who is not is revoked or absent, every
 * group has its name and exactly its active people. Members without an external id are nobody's business, and
 * an e-mail address belongs to the member's own account.
 */
export function differences(okta: OktaDump, bitwarden: Dump): string[] {
  const active = new Map(okta.users.filter(({ status }) => isActive(status)).map(({ id, email }) => [id, email]));
  return [...memberDifferences(okta, bitwarden, active), ...groupDifferences(okta, bitwarden, active)];
}

/** As Directory Connector reads Okta: suspended people are disabled, deprovisioned ones are gone, all others take part. */
export function isActive(status: string): boolean {
  return status !== "SUSPENDED" && status !== "DEPROVISIONED";
}

function memberDifferences(okta: OktaDump, bitwarden: Dump, active: Map<string, string>): string[] {
  const found: string[] = [];
  const emails = new Map(okta.users.map(({ id, email }) => [id, email]));
  const members = Map.groupBy(
    bitwarden.members.filter(({ externalId }) => externalId !== null),
    ({ externalId }) => externalId ?? "",
  );
  for (const [id, email] of active) {
    const [member, ...more] = members.get(id) ?? [];
    if (member === undefined) found.push(`${email} is active in Okta, but no member of Bitwarden`);
    else if (more.length > 0) found.push(`${email} is ${more.length + 1} members of Bitwarden`);
    else if (member.status === REVOKED) found.push(`${email} is active in Okta, but revoked in Bitwarden`);
  }
  for (const [id, holders] of members) {
    if (active.has(id)) continue;
    for (const { email, status } of holders) {
      if (status !== REVOKED) found.push(`${emails.get(id) ?? email} is not active in Okta, but a member of Bitwarden`);
    }
  }
  return found;
}

function groupDifferences(okta: OktaDump, bitwarden: Dump, active: Map<string, string>): string[] {
  const found: string[] = [];
  const groups = new Map(bitwarden.groups.map((group) => [group.externalId, group]));
  for (const { id, name, members } of okta.groups) {
    const group = groups.get(id);
    groups.delete(id);
    if (group === undefined) {
      found.push(`the group ${name} is not in Bitwarden`);
      continue;
    }
    if (group.name !== name) found.push(`the group ${name} is named ${group.name} in Bitwarden`);
    const wanted = new Set(members.filter((member) => active.has(member)));
    const present = new Set(group.members.filter((member) => active.has(member)));
    for (const member of wanted.difference(present))
      found.push(`${active.get(member) ?? member} is missing in ${name} in Bitwarden`);
    for (const member of present.difference(wanted))
      found.push(`${active.get(member) ?? member} is in ${name} in Bitwarden, but not in Okta`);
  }
  for (const [externalId, { name }] of groups) {
    if (externalId !== null) found.push(`the group ${name} is in Bitwarden, but not in Okta`);
  }
  return found;
}
