import { BerWriter } from "ldapts";
import { expect, test } from "vitest";
import { classFilter, parseFilter } from "../../src/directories/ldap/wire/filter.ts";
import { layoutOf } from "../../src/directories/ldap/layout.ts";
import { openLdap } from "../../src/directories/ldap/ldap.ts";
import type { LdapOptions } from "../../src/directories/ldap/options.ts";

const OPTIONS: LdapOptions = {
  connection: "ldap-main",
  preset: "openldap",
  hostname: "ldap.example.com",
  port: 636,
  ssl: true,
  startTls: false,
  sslAllowUnauthorized: false,
  rootPath: "dc=example,dc=com",
  username: "cn=sync,dc=example,dc=com",
  password: "secret",
  pagedSearch: true,
  users: true,
  groups: true,
};

function bytesOf(filter: string): string {
  const writer = new BerWriter();
  parseFilter(filter).write(writer);
  return writer.buffer.toString("latin1");
}

test.each([
  ["ou=people", "dc=example,dc=com", "ou=people,dc=example,dc=com"],
  ["ou=people", "ou=x,DC=Example,dc=com", "ou=people,dc=example,dc=com"],
  ["ou=people,o=corp", "o=corp", "ou=people,o=corp"],
  ["ou=people,dc=example,dc=com", "dc=example,dc=com", "ou=people,dc=example,dc=com"],
  ["", "o=corp", "o=corp"],
])("path %j with root %j searches %s", (userPath, rootPath, base) => {
  expect(layoutOf({ ...OPTIONS, userPath, rootPath }).users.base).toBe(base);
});

test("a path outside of the root is a search root of its own", () => {
  const layout = layoutOf({ ...OPTIONS, rootPath: "o=corp", userPath: "ou=people,o=other", groupPath: "ou=g,o=corp" });
  expect(layout.searchRoots).toEqual(["o=corp", "ou=people,o=other"]);
});

test("the AD preset reads what Directory Connector's AD mode reads", () => {
  const layout = layoutOf({ ...OPTIONS, preset: "ad" });
  expect(layout).toMatchObject({
    users: { base: "CN=Users,dc=example,dc=com", objectClass: "person" },
    groups: { base: "CN=Users,dc=example,dc=com", objectClass: "group" },
    keyAttributes: ["objectGUID"],
    externalId: "objectGUID",
    nameAttribute: "name",
    memberAttribute: "member",
  });
});

test("the member attribute follows the group class", () => {
  expect(layoutOf({ ...OPTIONS, groupObjectClass: "posixGroup" }).memberAttribute).toBe("memberuid");
  expect(layoutOf({ ...OPTIONS, groupObjectClass: "posixGroup", memberAttribute: "member" }).memberAttribute).toBe(
    "member",
  );
});

test.each([
  [{ password: "" }, "the password is empty"],
  [{ username: " " }, "the username is empty"],
  [{ rootPath: "" }, "rootPath is empty"],
  [{ useEmailPrefixSuffix: true }, "useEmailPrefixSuffix needs an emailSuffix"],
  [{ userFilter: "memberOf=cn=x,dc=y" }, "a filter begins with `(`"],
  [{ userFilter: "(a=b)(c=d)" }, "`(c=d)` stands outside"],
  [{ groupFilter: "(&(a=b)" }, "1 bracket(s) are not closed"],
  [{ groupFilter: "(a=b))" }, "stands outside"],
  [{ userFilter: "(objectGUID=\\90\\c0)" }, "are not UTF-8"],
  [{ userFilter: "(!cn=x)" }, "is not an LDAP filter"],
])("%j is refused before anything is connected", (wrong, message) => {
  let thrown: unknown;
  try {
    layoutOf({ ...OPTIONS, ...wrong });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CONFIG_INVALID", side: "configuration", subject: "ldap-main" });
  expect(String(thrown)).toContain(message);
});

test("escaped UTF-8 in a filter means the character, and blanks between parts are allowed", () => {
  expect(bytesOf("(givenName=Bj\\c3\\b6rn)")).toBe(bytesOf("(givenName=Björn)"));
  expect(bytesOf("(& (a=b) (c=d) )")).toBe(bytesOf("(&(a=b)(c=d))"));
});

test("escaped special characters stay part of the value", () => {
  expect(bytesOf("(cn=a\\2a\\28b\\29\\5c)")).toContain("a*(b)\\");
  expect(() => parseFilter("(cn=\\28\\29)")).not.toThrow();
});

test("the administrator's filter is joined to the class", () => {
  expect(classFilter("person", "(a=b)").toString()).toBe("(&(objectClass=person)(a=b))");
  expect(classFilter("person", " ").toString()).toBe("(objectClass=person)");
});

test.each([
  ["(memberOf=cn=staff,dc=example,dc=com)", true],
  ["(&(mail=*)(memberof:1.2.840.113556.1.4.1941:=cn=staff,dc=example,dc=com))", true],
  ["(isMemberOf=cn=staff,dc=example,dc=com)", true],
  ["(departmentNumber=7)", false],
  [undefined, false],
])("with the user filter %s groups decide who takes part: %s", async (userFilter, decides) => {
  await using directory = openLdap({ ...OPTIONS, ...(userFilter === undefined ? {} : { userFilter }) });
  expect(directory.userStateDependsOnGroups).toBe(decides);
});
