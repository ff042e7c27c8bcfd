import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalDn } from "../../src/directories/ldap/wire/dn.ts";
import type { GroupRead } from "../../src/domain/directory.ts";
import { ldapDirectory, readWhole } from "../testbed/ldap-directory.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";

describe.skipIf(!requireServer("slapd"))("a snapshot of OpenLDAP", () => {
  let slapd: Slapd;
  beforeAll(async () => {
    // Pages over 120 are refused and unpaged reads end at 50, as for an ordinary account of a careful company.
    slapd = await startSlapd({ users: 1000, groups: 60, env: { SIZE_SOFT: "50", SIZE_HARD: "60", SIZE_PAGE: "120" } });
  });
  afterAll(async () => {
    await slapd[Symbol.asyncDispose]();
  });

  function expectedMembers(dns: string[]): string[] {
    const { people, groups } = slapd.company;
    const byDn = new Map([
      ...people.map(({ dn, uuid }) => [dn, `user ${uuid}`] as const),
      ...groups.map(({ dn, uuid }) => [dn, `group ${uuid}`] as const),
    ]);
    return dns.map((dn) => byDn.get(dn) ?? `unknown ${dn}`).sort();
  }

  function members(read: GroupRead | undefined): string[] {
    return (read?.members ?? []).map(({ kind, key }) => `${kind} ${key}`).sort();
  }

  test("holds exactly the people, groups and memberships that were loaded, commas and cycles included", async () => {
    await using directory = ldapDirectory(slapd);

    const { users, groups, proof } = await readWhole(directory);

    const { company } = slapd;
    expect(users.size).toBe(1000);
    for (const person of company.people) {
      const user = users.get(person.uuid);
      expect(user).toMatchObject({ email: person.mail ?? null, state: "active" });
      expect(canonicalDn(user?.externalId ?? "")).toBe(canonicalDn(person.dn));
    }
    expect(groups.size).toBe(60);
    for (const group of company.groups) {
      expect(groups.get(group.uuid)?.group).toMatchObject({ name: group.cn, externalId: group.dn, state: "active" });
      expect(members(groups.get(group.uuid))).toEqual(expectedMembers(group.members));
    }
    expect(proof).toMatchObject({ complete: true, users: 1000, groups: 60 });
  });

  test("takes the external id as the server spells it", async () => {
    await using directory = ldapDirectory(slapd);
    const { users } = await readWhole(directory);
    expect(users.get(slapd.company.people[96]?.uuid ?? "")?.externalId).toContain("\\2C");
  });

  test("an unpaged read that meets the size limit is incomplete, with a remedy", async () => {
    await using directory = ldapDirectory(slapd, { pagedSearch: false });
    await expect(readWhole(directory)).rejects.toMatchObject({
      code: "DIRECTORY_INCOMPLETE",
      status: 4,
      remedy: expect.stringContaining("size") as string,
    });
  });

  test("reads posixGroups by uid, whatever its case", async () => {
    await slapd.modify(`
dn: cn=posix-1,ou=posix,${slapd.base}
changetype: modify
add: memberUid
memberUid: USER000500
memberUid: nobody-we-know`);
    await using directory = ldapDirectory(slapd, { groupPath: "ou=posix", groupObjectClass: "posixGroup" });

    const { groups } = await readWhole(directory);

    const uuids = new Map(slapd.company.people.map(({ uid, uuid }) => [uid, uuid]));
    for (const group of slapd.company.posix) {
      const uids = new Set(group.cn === "posix-1" ? [...group.uids, "user000500"] : group.uids);
      expect(members(groups.get(group.uuid))).toEqual([...uids].map((uid) => `user ${uuids.get(uid) ?? uid}`).sort());
    }
  });

  test("reads uniqueMember with and without the uid behind the DN", async () => {
    const [one, two] = slapd.company.people;
    await slapd.modify(`
dn: ou=unique,${slapd.base}
changetype: add
objectClass: organizationalUnit
ou: unique

dn: cn=unique,ou=unique,${slapd.base}
changetype: add
objectClass: groupOfUniqueNames
cn: unique
uniqueMember: ${one?.dn ?? ""}
uniqueMember: ${two?.dn ?? ""}#'0101'B`);
    await using directory = ldapDirectory(slapd, { groupPath: "ou=unique", groupObjectClass: "groupOfUniqueNames" });

    const { groups } = await readWhole(directory);

    expect(members([...groups.values()][0])).toEqual([`user ${one?.uuid ?? ""}`, `user ${two?.uuid ?? ""}`].sort());
  });

  test("people whom the filter leaves out are neither users nor members", async () => {
    await using directory = ldapDirectory(slapd, {
      userFilter: "(employeeType=inactive)",
      groupFilter: "(cn=everyone)",
    });

    const { users, groups } = await readWhole(directory);

    const inactive = slapd.company.people.filter(({ type }) => type === "inactive").map(({ uuid }) => uuid);
    expect([...users.keys()].sort()).toEqual(inactive.sort());
    expect(members([...groups.values()][0])).toEqual(inactive.map((uuid) => `user ${uuid}`).sort());
  });

  test("a filter in escaped UTF-8 finds whom it names", async () => {
    await using directory = ldapDirectory(slapd, { userFilter: "(givenName=Bj\\c3\\b6rn)", groups: false });
    const { users } = await readWhole(directory);
    expect(users.size).toBe(slapd.company.people.filter(({ given }) => given === "Björn").length);
  });

  test("nested groups out of scope come along, marked out, as deep as they nest", async () => {
    const { groups: all } = slapd.company;
    const byDn = new Map(all.map((group) => [group.dn, group]));
    const reached = new Set(all.filter(({ cn }) => cn === "group-00053"));
    for (const group of reached)
      for (const dn of group.members) {
        const nested = byDn.get(dn);
        if (nested !== undefined) reached.add(nested);
      }
    await using directory = ldapDirectory(slapd, { groupFilter: "(cn=group-00053)" });

    const { groups } = await readWhole(directory);

    expect(reached.size).toBeGreaterThan(1);
    expect([...groups.keys()].sort()).toEqual([...reached].map(({ uuid }) => uuid).sort());
    for (const group of reached) {
      const read = groups.get(group.uuid);
      expect(members(read)).toEqual(expectedMembers(group.members));
      expect(read?.group.state).toBe(group.cn === "group-00053" ? "active" : "out");
    }
  });

  test("an e-mail can be made of prefix and suffix, and users can be left out", async () => {
    await using directory = ldapDirectory(slapd, {
      useEmailPrefixSuffix: true,
      emailSuffix: "@Corp.Test",
      groups: false,
    });
    const { users } = await readWhole(directory);
    expect(users.get(slapd.company.people[100]?.uuid ?? "")?.email).toBe("user000101@corp.test");
    expect(users.get(slapd.company.people[0]?.uuid ?? "")?.email).toBe("user000001@example.test");

    await using groupsOnly = ldapDirectory(slapd, { users: false });
    const whole = await readWhole(groupsOnly);
    expect([whole.users.size, whole.groups.size, whole.proof.users]).toEqual([0, 60, 0]);
    expect(members(whole.groups.get(slapd.company.groups[0]?.uuid ?? ""))).toHaveLength(1000);
  });

  test("a base without people is incomplete, not empty", async () => {
    await using directory = ldapDirectory(slapd, { userPath: "ou=services" });
    await expect(readWhole(directory)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE", retry: "never" });
  });

  test("a base that is not there is denied", async () => {
    await using directory = ldapDirectory(slapd, { groupPath: "ou=nowhere" });
    await expect(readWhole(directory)).rejects.toMatchObject({ code: "DIRECTORY_DENIED", status: 32 });
  });

  test("without an immutable id nothing is read", async () => {
    await using directory = ldapDirectory(slapd, { preset: "389ds" });
    await expect(readWhole(directory)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE", retry: "never" });
  });

  test("the generic preset finds the id that this server has", async () => {
    await using directory = ldapDirectory(slapd, { preset: "generic" });
    const { users } = await readWhole(directory);
    expect(users.has(slapd.company.people[0]?.uuid ?? "")).toBe(true);
  });

  test("cancelling ends it with an error", async () => {
    await using directory = ldapDirectory(slapd);
    const cancel = new AbortController();
    const pages = directory.snapshot(cancel.signal);
    await pages.next();
    cancel.abort();
    await expect(pages.next()).rejects.toThrow(/cancelled/);
  });
});

test.skipIf(!requireServer("slapd"))("a referral matters only where people or groups could be behind it", async () => {
  await using slapd = await startSlapd({ users: 20, groups: 5, env: { REFERRAL: "1" } });
  await using whole = ldapDirectory(slapd, { userPath: "" });
  await using beside = ldapDirectory(slapd);

  await expect(readWhole(whole)).rejects.toThrow(/another server \(ldap:\/\/127\.0\.0\.1:9/);
  await expect(readWhole(beside)).resolves.toMatchObject({ proof: { users: 20 } });
  await expect(beside.readUser(slapd.company.uuidOf("nobody"), AbortSignal.timeout(5_000))).resolves.toMatchObject({
    found: false,
  });
});
