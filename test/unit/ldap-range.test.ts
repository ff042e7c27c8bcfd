import { expect, test } from "vitest";
import { openLdap } from "../../src/directories/ldap/ldap.ts";
import type { Directory } from "../../src/directories/directory.ts";
import type { GroupRead } from "../../src/domain/directory.ts";
import {
  entry,
  personEntry,
  politely,
  result,
  startFakeLdap,
  type Answer,
  type FakeRequest,
} from "../testbed/fake-ldap.ts";

const SIGNAL = new AbortController().signal;
const GROUP = "cn=big,ou=groups,dc=test";

/** Active Directory shows long member lists in slices; here of two, and the third person only in the last. */
function slice({ id, attributes }: FakeRequest): Buffer[] {
  const asked = attributes.find((name) => name.startsWith("member;range=")) ?? "member;range=0-*";
  const [name, people] = asked.startsWith("member;range=2-") ? ["2-*", [3]] : ["0-1", [1, 2]];
  const members = people.map((number) => `uid=p${String(number)},dc=test`);
  const found = { entryUUID: ["key-big"], cn: ["big"], member: [], [`member;range=${name}`]: members };
  return [entry(id, GROUP, found)];
}

const people: Answer = ({ id, base, ...request }, socket) => {
  const page =
    base === "ou=groups,dc=test" ? slice({ id, base, ...request }) : [1, 2, 3].map((n) => personEntry(id, n));
  socket.write(Buffer.concat([...page, result(id, 0, { cookie: "" })]));
};

const slices: Answer = (request, socket) => {
  if (request.base !== GROUP) politely(request, socket);
  else socket.write(Buffer.concat([...slice(request), result(request.id, 0)]));
};

function directoryAt(port: number): Directory {
  return openLdap({
    connection: "ldap-main",
    preset: "openldap",
    hostname: "127.0.0.1",
    port,
    ssl: false,
    startTls: false,
    sslAllowUnauthorized: false,
    rootPath: "dc=test",
    username: "cn=sync,dc=test",
    password: "secret",
    pagedSearch: true,
    groupPath: "ou=groups",
    users: true,
    groups: true,
    timeoutMs: 2_000,
  });
}

async function groupsOf(directory: Directory): Promise<GroupRead[]> {
  const groups: GroupRead[] = [];
  for await (const page of directory.snapshot(SIGNAL)) if (page.kind === "groups") groups.push(...page.groups);
  return groups;
}

test("a member list that comes in slices is read to its last slice", async () => {
  await using server = await startFakeLdap(people, slices);
  await using directory = directoryAt(server.port);

  const [group] = await groupsOf(directory);

  expect(group?.members.map(({ key }) => key)).toEqual(["key-p1", "key-p2", "key-p3"]);
});

test("a group that vanishes between two slices makes the snapshot incomplete", async () => {
  await using server = await startFakeLdap(people, (request, socket) => {
    if (request.base === GROUP) socket.write(result(request.id, 32));
    else politely(request, socket);
  });
  await using directory = directoryAt(server.port);

  await expect(groupsOf(directory)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE", retry: "later" });
});
