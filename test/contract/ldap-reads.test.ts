import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Directory } from "../../src/directories/directory.ts";
import type { GroupRead, ReadResult, UserRead } from "../../src/domain/directory.ts";
import { ldapDirectory, readWhole } from "../testbed/ldap-directory.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";
import type { Person } from "../testbed/company.ts";

const SIGNAL = new AbortController().signal;

describe.skipIf(!requireServer("slapd"))("direct reads from OpenLDAP", () => {
  let slapd: Slapd;
  let directory: Directory;
  beforeAll(async () => {
    slapd = await startSlapd({ users: 800, groups: 60 });
    directory = ldapDirectory(slapd);
  });
  afterAll(async () => {
    await directory[Symbol.asyncDispose]();
    await slapd[Symbol.asyncDispose]();
  });

  function person(number: number): Person {
    const found = slapd.company.people[number - 1];
    if (found === undefined) throw new RangeError(`no person ${String(number)}`);
    return found;
  }

  function groupKeys(dns: string[]): string[] {
    return slapd.company.groups
      .filter(({ dn }) => dns.includes(dn))
      .map(({ uuid }) => uuid)
      .sort();
  }

  async function user(key: string): Promise<UserRead> {
    return value(await directory.readUser(key, SIGNAL));
  }

  test("a user is read with all groups that name it, by any spelling of its DN", async () => {
    for (const number of [1, 97, 194, 101]) {
      const { uuid, mail, memberOf } = person(number);
      const read = await user(uuid);
      expect(read.user).toMatchObject({ key: uuid, email: mail ?? null, state: "active" });
      expect(read.groups.sort()).toEqual(groupKeys(memberOf));
    }
  });

  test("every group reads the same directly and in a snapshot", async () => {
    const { groups } = await readWhole(directory);
    const direct = await Promise.all(
      [...groups.keys()].map(async (key) => value(await directory.readGroup(key, SIGNAL))),
    );
    const sorted = ({ group, members }: GroupRead): object => ({
      group,
      members: members.map(({ kind, key }) => `${kind} ${key}`).sort(),
    });
    expect(direct.map(sorted)).toEqual([...groups.values()].map(sorted));
    expect(Math.max(...direct.map(({ members }) => members.length))).toBe(800);
  });

  test("a renamed user keeps the key, and the groups follow", async () => {
    const { uuid, dn, memberOf } = person(5);
    await slapd.modify(`dn: ${dn}\nchangetype: modrdn\nnewrdn: uid=renamed-five\ndeleteoldrdn: 1`);

    const read = await user(uuid);

    expect(read.user).toMatchObject({
      key: uuid,
      externalId: `uid=renamed-five,ou=people,${slapd.base}`,
      state: "active",
    });
    // refint rewrites the groups a moment later
    await expect.poll(async () => (await user(uuid)).groups.sort()).toEqual(groupKeys(memberOf));
    const { users } = await readWhole(directory);
    expect(users.get(uuid)?.externalId).toBe(read.user.externalId);
  });

  test("a user moved out of the base is out of scope, not gone", async () => {
    const { uuid, dn } = person(6);
    const rdn = dn.slice(0, dn.indexOf(","));
    await slapd.modify(
      `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${rdn}\ndeleteoldrdn: 0\nnewsuperior: ou=services,${slapd.base}`,
    );
    const read = await user(uuid);
    expect(read.user).toMatchObject({ key: uuid, state: "out", clause: `is not below ou=people,${slapd.base}` });
    expect((await readWhole(directory)).users.has(uuid)).toBe(false);
  });

  test("a user whom the filter leaves out is out of scope, and says which filter", async () => {
    await using staff = ldapDirectory(slapd, { userFilter: "(employeeType=staff)" });
    const { uuid } = person(20);
    const read = value(await staff.readUser(uuid, SIGNAL));
    expect(read.user.state).toBe("out");
    expect(read.user.clause).toBe("does not match objectClass inetOrgPerson and (employeeType=staff)");
    expect(value(await staff.readUser(person(21).uuid, SIGNAL)).user.state).toBe("active");
  });

  test("a deleted user is gone, also when another took over the DN", async () => {
    const { uuid, dn, uid } = person(7);
    await slapd.modify(`dn: ${dn}\nchangetype: delete`);
    await slapd.modify(`dn: ${dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: Next\nsn: Next`);

    const answer = await directory.readUser(uuid, SIGNAL);

    expect(answer).toMatchObject({ found: false });
    expect(answer.found ? "" : answer.evidence).toContain(`no entry has entryUUID ${uuid} below ${slapd.base}`);
  });

  test("a key is a value, never a piece of filter", async () => {
    for (const key of ["*", "*)(objectClass=*", "\\2a", ""]) {
      await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: false });
    }
  });

  test("a group left out by the filter is out, complete with its members; a deleted one is gone", async () => {
    await using narrow = ldapDirectory(slapd, { groupFilter: "(cn=everyone)" });
    const group = slapd.company.groups[9];
    const read = value(await narrow.readGroup(group?.uuid ?? "", SIGNAL));
    expect(read.group).toMatchObject({
      name: "group-00010",
      state: "out",
      clause: "does not match objectClass groupOfNames and (cn=everyone)",
    });
    expect(read.members).toHaveLength(group?.members.length ?? 0);

    await slapd.modify(`dn: ${group?.dn ?? ""}\nchangetype: delete`);
    await expect(directory.readGroup(group?.uuid ?? "", SIGNAL)).resolves.toMatchObject({ found: false });
  });

  test("a user is no group: asked for by the wrong kind it is out of scope", async () => {
    expect(value(await directory.readGroup(person(30).uuid, SIGNAL)).group.state).toBe("out");
  });

  test("a posixGroup and its people find each other by uid, whatever its case", async () => {
    const [posix] = slapd.company.posix;
    const { uuid, uid } = person(400);
    await slapd.modify(`dn: ${posix?.dn ?? ""}\nchangetype: modify\nadd: memberUid\nmemberUid: ${uid.toUpperCase()}`);
    await using byUid = ldapDirectory(slapd, { groupPath: "ou=posix", groupObjectClass: "posixGroup" });

    const read = value(await byUid.readGroup(posix?.uuid ?? "", SIGNAL));
    const uids = new Set([...(posix?.uids ?? []), uid]);
    const expected = slapd.company.people.filter(
      (one) => uids.has(one.uid) && ![5, 6, 7].includes(Number(one.uid.slice(4))),
    );

    expect(read.members.map(({ key }) => key)).toEqual(expect.arrayContaining(expected.map((one) => one.uuid)));
    expect(value(await byUid.readUser(uuid, SIGNAL)).groups).toContain(posix?.uuid);
  });

  test("many reads at once share one connection and do not disturb each other", async () => {
    const reads = await Promise.all(slapd.company.people.slice(99, 199).map(async ({ uuid }) => user(uuid)));
    const expected = slapd.company.people.slice(99, 199).map(({ memberOf }) => groupKeys(memberOf));
    const deleted = slapd.company.groups[9]?.uuid;
    expect(reads.map(({ groups }) => groups.sort())).toEqual(
      expected.map((keys) => keys.filter((key) => key !== deleted)),
    );
  });
});

function value<T>(answer: ReadResult<T>): T {
  if (!answer.found) throw new Error(answer.evidence);
  return answer.value;
}
