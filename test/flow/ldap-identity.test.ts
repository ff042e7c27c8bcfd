import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";
import { openLdapBridge } from "./ldap-bridge.ts";

describe.skipIf(!requireServer("slapd"))("who a person is, against a real OpenLDAP", () => {
  let folder: string;
  let slapd: Slapd;
  let bitwarden: FakeBitwarden;
  let app: App;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bwbridge-flow-"));
    slapd = await startSlapd({ users: 120, groups: 6, nested: false });
    bitwarden = await startBitwarden({ hosted: "self" });
    app = await openLdapBridge(folder, slapd, bitwarden);
    await app.sync(null, true);
  });

  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await bitwarden.stop();
    await slapd.stop();
    await rm(folder, { recursive: true });
  });

  const person = (uid: string): string => `uid=${uid},ou=people,${slapd.base}`;
  const memberOf = (email: string) => bitwarden.dump().members.find((member) => member.email === email);
  /** Groups by name, of the member with this address. */
  function groupsOf(email: string): string[] {
    const { members, groups, groupMembers } = bitwarden.state;
    const id = [...members.values()].find((member) => member.email === email)?.id ?? "";
    return [...groups.values()].filter((group) => groupMembers.get(group.id)?.has(id) === true).map(({ name }) => name);
  }

  test("a renamed person keeps the member, its external id and, although refint lags behind, its groups", async () => {
    const before = memberOf("user000007@example.test");
    const groups = groupsOf("user000007@example.test");
    const writes = bitwarden.history.writes().length;

    await slapd.modify(`dn: ${person("user000007")}\nchangetype: modrdn\nnewrdn: uid=renamed7\ndeleteoldrdn: 1\n`);
    await app.sync(null, true);

    expect(memberOf("user000007@example.test")).toEqual(before);
    expect(groupsOf("user000007@example.test")).toEqual(groups);
    expect(bitwarden.history.writes().slice(writes)).toEqual([]);
  });

  test("a person deleted and created again under the same name keeps the member", async () => {
    const before = memberOf("user000008@example.test");

    await slapd.modify(`dn: ${person("user000008")}\nchangetype: delete\n`);
    const entry = `objectClass: inetOrgPerson\nuid: user000008\ncn: Again\nsn: Again\nmail: user000008@example.test\n`;
    await slapd.modify(`dn: ${person("user000008")}\nchangetype: add\n${entry}`);
    await app.sync(null, true);

    expect(memberOf("user000008@example.test")).toEqual(before);
    expect(bitwarden.history.count("POST /public/members/{id}/revoke")).toBe(0);
  });

  test("a deleted person is revoked; created again later, restored", async () => {
    await slapd.modify(`dn: ${person("user000009")}\nchangetype: delete\n`);
    await app.sync(null, true);
    const revoked = memberOf("user000009@example.test")?.status;
    const entry = `objectClass: inetOrgPerson\nuid: user000009\ncn: Back\nsn: Back\nmail: user000009@example.test\n`;
    await slapd.modify(`dn: ${person("user000009")}\nchangetype: add\n${entry}`);
    await app.sync(null, true);

    expect(revoked).toBe(-1);
    expect(memberOf("user000009@example.test")?.status).toBe(0);
    expect(memberOf("user000009@example.test")?.externalId).toBe(person("user000009"));
  });
});
