import fc from "fast-check";
import { expect, test } from "vitest";
import { ancestors, closureUsers, descendants } from "../../src/domain/plan/closure.ts";

const group = fc.nat({ max: 7 }).map((number) => `g${String(number)}`);
const user = fc.nat({ max: 9 }).map((number) => `u${String(number)}`);
const groupEdges = fc
  .array(fc.tuple(group, fc.array(group, { maxLength: 3 })), { maxLength: 8 })
  .map((all) => new Map(all));
const userEdges = fc
  .array(fc.tuple(group, fc.array(user, { maxLength: 3 })), { maxLength: 8 })
  .map((all) => new Map(all));

test("a user below a cycle of groups is in every group of the cycle", () => {
  const nested = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["a"]],
  ]);
  const users = new Map([["c", ["ada"]]]);
  for (const name of ["a", "b", "c"]) expect([...closureUsers(name, users, nested)]).toEqual(["ada"]);
});

test("ancestors and descendants are each other's inverse", () => {
  fc.assert(
    fc.property(groupEdges, group, group, (edges, one, other) => {
      expect(descendants([one], edges).has(other)).toBe(ancestors([other], edges).has(one));
    }),
  );
});

test("a group holds exactly its own users and those of the groups nested in it", () => {
  fc.assert(
    fc.property(groupEdges, userEdges, group, (edges, users, one) => {
      const expected = new Set(users.get(one) ?? []);
      for (const child of descendants(edges.get(one) ?? [], edges)) {
        for (const member of users.get(child) ?? []) expected.add(member);
      }
      expect(closureUsers(one, users, edges)).toEqual(expected);
    }),
  );
});

test("a hundred thousand nested groups do not overflow the stack", () => {
  const deep = new Map(Array.from({ length: 100_000 }, (_, at) => [`g${String(at)}`, [`g${String(at + 1)}`]]));
  expect(descendants(["g0"], deep).size).toBe(100_001);
});
