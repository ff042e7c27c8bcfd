import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { NO_GUARD, oktaConnection, secretsOf } from "../support/config.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";
import { openLdapBridge } from "./ldap-bridge.ts";

const REVOKED = -1;

describe.skipIf(!requireServer("slapd"))("an Okta and a real OpenLDAP feed one organization", () => {
  let folder: string;
  let slapd: Slapd;
  let okta: OktaEmulator;
  let bitwarden: FakeBitwarden;
  let app: App;
  const inOkta = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bwbridge-flow-"));
    slapd = await startSlapd({ users: 30, groups: 4, nested: false });
    okta = await startOkta({ users: 5, groups: 0, activeOnly: true });
    bitwarden = await startBitwarden({ hosted: "self" });
    const partners = okta.admin.createGroup("Partners");
    for (const uid of ["user000003", "user000004", "user000005"]) {
      const profile = { firstName: "In", lastName: "Both", email: emailOf(uid).toUpperCase(), login: uid };
      const id = okta.admin.createUser(profile);
      okta.admin.addToGroup(id, partners);
      inOkta.set(uid, id);
    }
    Object.assign(process.env, secretsOf(okta, bitwarden));
    app = await openLdapBridge(folder, slapd, bitwarden, {
      ldap: { authoritative: true },
      others: [oktaConnection(okta, { authoritative: false })],
      organization: { guard: NO_GUARD },
    });
    await app.sync(null, true);
  });

  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await bitwarden.stop();
    await okta.stop();
    await slapd.stop();
    await rm(folder, { recursive: true });
  });

  const emailOf = (uid: string): string => `${uid}@example.test`;
  const dnOf = (uid: string): string => `uid=${uid},ou=people,${slapd.base}`;
  const members = (uid: string) => bitwarden.dump().members.filter((member) => member.email === emailOf(uid));
  const status = (uid: string): number | undefined => members(uid)[0]?.status;

  function groupsOf(uid: string): string[] {
    const { members: all, groups, groupMembers } = bitwarden.state;
    const id = [...all.values()].find((member) => member.email === emailOf(uid))?.id ?? "";
    return [...groups.values()].filter((group) => groupMembers.get(group.id)?.has(id) === true).map(({ name }) => name);
  }

  async function deleteInLdap(uid: string): Promise<void> {
    await slapd.modify(`dn: ${dnOf(uid)}\nchangetype: delete\n`);
  }

  async function addInLdap(uid: string): Promise<void> {
    const entry = `objectClass: inetOrgPerson\nuid: ${uid}\ncn: Again\nsn: Again\nmail: ${emailOf(uid)}\n`;
    await slapd.modify(`dn: ${dnOf(uid)}\nchangetype: add\n${entry}`);
  }

  test("a person in both is one member, found by an address of another spelling, in the groups of both", () => {
    for (const uid of inOkta.keys()) {
      expect(members(uid)).toHaveLength(1);
      expect(groupsOf(uid)).toContain("Partners");
    }
    expect(bitwarden.dump().members.filter(({ externalId }) => externalId !== null)).toHaveLength(35);
  });

  test("nothing is left to do afterwards", async () => {
    const report = await app.sync(null, true);
    expect(report.organizations).toMatchObject([{ failure: null, operations: [], open: [], stillActive: [] }]);
  });

  test("a leaver of Okta stays, without its groups", async () => {
    okta.admin.deactivate(inOkta.get("user000003") ?? "", { silent: true });

    await app.sync(null, true);

    expect(status("user000003")).toBe(0);
    expect(groupsOf("user000003")).not.toContain("Partners");
  });

  test("a leaver of LDAP, which is authoritative, is revoked although Okta keeps them; restored when created again", async () => {
    await deleteInLdap("user000004");
    await app.sync(null, true);
    expect(status("user000004")).toBe(REVOKED);

    await addInLdap("user000004");
    await app.sync(null, true);
    expect(status("user000004")).toBe(0);
    expect(members("user000004")).toHaveLength(1);
    expect(groupsOf("user000004")).toContain("Partners");
  });

  test("while LDAP is down, Okta's changes go on and nobody of LDAP is touched", async () => {
    await slapd.stop();
    const nina = okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina@example.test" });
    const before = bitwarden.dump().members.filter((member) => member.status === REVOKED).length;

    const report = await app.sync(null, true);
    await slapd.start();

    expect(report.connections.map(({ connection, failure }) => [connection, failure?.code])).toEqual([
      ["ldap-main", "DIRECTORY_UNREACHABLE"],
      ["okta-main", undefined],
    ]);
    expect(bitwarden.dump().members.filter(({ externalId }) => externalId === nina)).toHaveLength(1);
    expect(bitwarden.dump().members.filter((member) => member.status === REVOKED)).toHaveLength(before);
  });
});
