import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { Company } from "../testbed/company.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd } from "../testbed/slapd.ts";
import { openLdapBridge } from "./ldap-bridge.ts";

const haveSlapd = requireServer("slapd");

/** What Bitwarden must hold: everybody with an address, every group with all people below it. */
function expected({ people, groups }: Company): { emails: string[]; groups: Record<string, string[]> } {
  const byDn = new Map(people.map((person) => [person.dn, person]));
  const groupByDn = new Map(groups.map((group) => [group.dn, group]));
  const emailsOf = (dn: string, seen: Set<string>): string[] => {
    const person = byDn.get(dn);
    if (person) return person.mail === undefined ? [] : [person.mail];
    if (seen.has(dn)) return [];
    seen.add(dn);
    return groupByDn.get(dn)?.members.flatMap((member) => emailsOf(member, seen)) ?? [];
  };
  return {
    emails: people.flatMap((person) => person.mail ?? []).sort(),
    groups: Object.fromEntries(groups.map((group) => [group.cn, [...new Set(emailsOf(group.dn, new Set()))].sort()])),
  };
}

function actual({ state }: FakeBitwarden): { emails: string[]; groups: Record<string, string[]> } {
  const email = new Map([...state.members.values()].map((member) => [member.id, member.email ?? ""]));
  return {
    // The owner has an account of its own, so no address on the membership.
    emails: [...email.values()].filter((address) => address !== "").sort(),
    groups: Object.fromEntries(
      [...state.groups.values()].map((group) => [
        group.name,
        [...(state.groupMembers.get(group.id) ?? [])].map((id) => email.get(id) ?? "").sort(),
      ]),
    ),
  };
}

test.skipIf(!haveSlapd)(
  "a real OpenLDAP with 10,000 users and 200 groups reconciles exactly, and a second run writes nothing",
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "bwbridge-flow-"));
    await using slapd = await startSlapd({ users: 10_000, groups: 200 });
    await using bitwarden = await startBitwarden({ hosted: "self" });
    await using app = await openLdapBridge(folder, slapd, bitwarden);

    const first = (await app.sync(null, true)).organizations[0];
    const writesOfFirst = bitwarden.history.writes().length;
    const second = (await app.sync(null, true)).organizations[0];

    expect(first?.failure).toBeNull();
    expect(actual(bitwarden)).toEqual(expected(slapd.company));
    expect(second?.failure).toBeNull();
    expect(second?.operations).toEqual([]);
    expect(bitwarden.history.writes().length).toBe(writesOfFirst);
    await rm(folder, { recursive: true });
  },
);
