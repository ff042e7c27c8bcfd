import { expect, test } from "vitest";
import { claimsByPerson, reliesOn } from "../../../src/domain/plan/relies.ts";
import { guardClass, isRevocation, takesAway, type OperationType } from "../../../src/domain/operation.ts";
import { qualified, subjectName, unqualified } from "../../../src/domain/subject.ts";

function claimsOf(person: string): string[] {
  const joined = new Map([
    ["entra/a", "ad/ada"],
    ["okta/a", "ad/ada"],
    ["entra/b", "ad/bob"],
  ]);
  return claimsByPerson(joined)(person);
}

const nested = new Map([
  ["ad/all", ["ad/dev", "ad/ops"]],
  ["ad/dev", ["ad/web"]],
  ["ad/sales", ["ad/presales"]],
]);

const known = { claimsOf, groupEdges: nested, sources: new Set(["ad", "entra", "okta"]) };
const person = { kind: "user", key: "ad/ada", object: "", data: {} } as const;

test("the end of a person relies on every claim of theirs that can still be read, and on no group", () => {
  expect(reliesOn(person, known)).toEqual({ users: ["ad/ada", "entra/a", "okta/a"], groups: [] });
  const withoutOkta = { ...known, sources: new Set(["ad", "entra"]) };
  expect(reliesOn(person, withoutOkta)).toEqual({ users: ["ad/ada", "entra/a"], groups: [] });
});

test("a final word of one directory needs no other", () => {
  expect(reliesOn({ ...person, data: { finalWord: "entra" } }, known)).toEqual({ users: ["entra/a"], groups: [] });
});

test("the end of a membership relies on the claim beside the group, on the group and on everything nested in it", () => {
  const groups = ["ad/all", "ad/dev", "ad/ops", "ad/web"];
  expect(reliesOn({ ...person, object: "ad/all" }, known)).toEqual({ users: ["ad/ada"], groups });
  expect(reliesOn({ ...person, object: "entra/all" }, known)).toEqual({ users: ["entra/a"], groups: ["entra/all"] });
});

test("the end of a group relies on the group alone", () => {
  expect(reliesOn({ kind: "group", key: "ad/all", object: "", data: {} }, known)).toEqual({
    users: [],
    groups: ["ad/all"],
  });
});

const TYPES: Record<OperationType, [revocation: boolean, takesAway: boolean, guard: string | null]> = {
  "member.invite": [false, false, "invitations"],
  "member.link": [false, false, null],
  "member.revoke": [true, true, "members"],
  "member.restore": [false, false, null],
  "member.remove": [true, true, "members"],
  "membership.add": [false, false, null],
  "membership.remove": [true, true, "memberships"],
  "group.create": [false, false, null],
  "group.rename": [false, false, null],
  "group.link": [false, false, null],
  "group.delete": [false, true, "groups"],
};

test("what takes access away overtakes, what takes anything away needs proof, what may do harm is counted", () => {
  for (const type of ["member.invite", "member.link", "member.revoke", "member.restore", "member.remove"] as const)
    expect([isRevocation(type), takesAway(type), guardClass(type)]).toEqual(TYPES[type]);
  for (const type of ["membership.add", "membership.remove"] as const)
    expect([isRevocation(type), takesAway(type), guardClass(type)]).toEqual(TYPES[type]);
  for (const type of ["group.create", "group.rename", "group.link", "group.delete"] as const)
    expect([isRevocation(type), takesAway(type), guardClass(type)]).toEqual(TYPES[type]);
});

test("names of subjects can be read, and keys taken apart again, slashes in the directory's own key included", () => {
  expect(subjectName({ connection: "ad", kind: "user", key: "00u1" })).toBe("ad/user/00u1");
  expect(subjectName({ connection: "ad", kind: "all", key: "" })).toBe("ad/all");
  expect(unqualified(qualified("ad", "a/b"))).toEqual({ connection: "ad", key: "a/b" });
});
