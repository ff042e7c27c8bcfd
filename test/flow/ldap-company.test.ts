import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openApp, type App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { Company } from "../testbed/company.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";

const haveSlapd = requireServer("slapd");

/** The bridge between a real OpenLDAP and the Bitwarden emulator. */
async function openBridge(folder: string, slapd: Slapd, bitwarden: FakeBitwarden): Promise<App> {
  process.env["TEST_BW_SECRET"] = bitwarden.clientSecret;
  process.env["TEST_LDAP_PASSWORD"] = slapd.syncPassword;
  const config = parseConfig(
    JSON.stringify({
      store: { sqlite: "bridge.db" },
      organizations: [
        {
          name: "acme",
          bitwarden: {
            serverUrl: bitwarden.url,
            clientId: bitwarden.clientId,
            clientSecret: { env: "TEST_BW_SECRET" },
          },
          firstRun: "apply",
        },
      ],
      connections: [
        {
          name: "ldap-main",
          organization: "acme",
          directory: {
            type: "ldap",
            preset: "openldap",
            hostname: "127.0.0.1",
            port: slapd.tlsPort,
            ssl: true,
            sslCaPath: slapd.caPath,
            rootPath: slapd.base,
            username: slapd.syncDn,
            password: { env: "TEST_LDAP_PASSWORD" },
          },
          sync: { userPath: "ou=people", groupPath: "ou=groups" },
        },
      ],
    }),
    join(folder, "bridge.yaml"),
  );
  const app = await openApp(config, {
    command: "test",
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
  });
  await app.start({ clock: false });
  return app;
}

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
    await using app = await openBridge(folder, slapd, bitwarden);

    const [first] = await app.sync(null, true);
    const writesOfFirst = bitwarden.history.writes().length;
    const [second] = await app.sync(null, true);

    expect(first?.directoryError).toBeNull();
    expect(actual(bitwarden)).toEqual(expected(slapd.company));
    expect(second?.directoryError).toBeNull();
    expect(second?.operations).toEqual([]);
    expect(bitwarden.history.writes().length).toBe(writesOfFirst);
    await rm(folder, { recursive: true });
  },
);
