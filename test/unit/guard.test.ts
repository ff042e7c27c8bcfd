import fc from "fast-check";
import { expect, test } from "vitest";
import { guard, holdOf, type GuardInput } from "../../src/domain/plan/guard.ts";
import { guardClass, type OperationType, type PlannedOperation } from "../../src/domain/operation.ts";

const OFF = { max: 1_000_000, percent: 100 };

function planned(type: OperationType, count: number, object = ""): PlannedOperation[] {
  const kind = type.startsWith("group") ? "group" : "user";
  const plain = { data: {}, label: "", reason: "", evidence: "", provenAt: 1 } as const;
  return Array.from({ length: count }, (_, at) => ({ type, kind, key: `k${String(at)}`, object, ...plain }));
}

function input(changes: Partial<GuardInput>): GuardInput {
  const none = { day: 0, week: 0 };
  return {
    planned: [],
    executed: { members: none, memberships: none, groups: none, invitations: none },
    executedByGroup: new Map(),
    managed: { members: 1_000, memberships: 1_000, groups: 1_000 },
    groupSizes: new Map(),
    limits: { members: OFF, memberships: { ...OFF, percentOfGroup: 100 }, groups: OFF, invitations: OFF },
    ...changes,
  };
}

function limits(changes: Partial<GuardInput["limits"]>): GuardInput["limits"] {
  return { ...input({}).limits, ...changes };
}

/** Whether the class of `type` is held when `count` are planned and these went through before. */
function isHeld(type: OperationType, count: number, changes: Partial<GuardInput>): boolean {
  const operations = planned(type, count);
  const holds = guard(input({ planned: operations, ...changes }));
  const held = operations.filter((operation) => holdOf(operation, holds) !== null);
  expect([0, count]).toContain(held.length);
  return held.length > 0;
}

test("exactly max pass, one more holds all of them, the first ones included", () => {
  const changes = { limits: limits({ members: { max: 25, percent: 100 } }) };
  expect(isHeld("member.revoke", 25, changes)).toBe(false);
  expect(isHeld("member.revoke", 26, changes)).toBe(true);
});

test("exactly the percentage of what is managed passes, one more is held", () => {
  const changes = { limits: limits({ members: { max: 1_000, percent: 5 } }) };
  expect(isHeld("member.revoke", 50, changes)).toBe(false);
  expect(isHeld("member.revoke", 51, changes)).toBe(true);
});

test("what went through in the last 24 hours counts, whoever planned it", () => {
  const none = input({}).executed;
  const changes = {
    limits: limits({ members: { max: 25, percent: 100 } }),
    executed: { ...none, members: { day: 20, week: 20 } },
  };
  expect(isHeld("member.remove", 5, changes)).toBe(false);
  expect(isHeld("member.remove", 6, changes)).toBe(true);
});

test("seven days have three times the limit of a day", () => {
  const executed = { ...input({}).executed, members: { day: 0, week: 70 } };
  const byMax = { limits: limits({ members: { max: 25, percent: 100 } }), executed };
  expect(isHeld("member.revoke", 5, byMax)).toBe(false);
  expect(isHeld("member.revoke", 6, byMax)).toBe(true);
  const byPercent = { limits: limits({ members: { max: 1_000, percent: 2.5 } }), executed };
  expect(isHeld("member.revoke", 5, byPercent)).toBe(false);
  expect(isHeld("member.revoke", 6, byPercent)).toBe(true);
});

test("two never trip a limit, however small the organization and the limit", () => {
  const tiny = {
    managed: { members: 2, memberships: 2, groups: 2 },
    limits: limits({ members: { max: 0, percent: 0 }, groups: { max: 0, percent: 0 } }),
  };
  expect(isHeld("member.revoke", 2, tiny)).toBe(false);
  expect(isHeld("member.revoke", 3, tiny)).toBe(true);
  expect(isHeld("group.delete", 2, tiny)).toBe(false);
});

test("half of one group may go in a day, more of that group is held and other groups are not", () => {
  const operations = [...planned("membership.remove", 5, "small"), ...planned("membership.remove", 5, "large")];
  const holds = guard(
    input({
      planned: operations,
      groupSizes: new Map([
        ["small", 9],
        ["large", 10],
      ]),
      limits: limits({ memberships: { ...OFF, percentOfGroup: 50 } }),
    }),
  );
  const held = operations.filter((operation) => holdOf(operation, holds) !== null);
  expect(new Set(held.map((operation) => operation.object))).toEqual(new Set(["small"]));
  expect(held.length).toBe(5);
});

test("a held class lets the other classes pass, and what is never limited always passes", () => {
  const operations = [
    ...planned("member.revoke", 30),
    ...planned("member.invite", 3),
    ...planned("membership.add", 5_000, "g"),
    ...planned("member.restore", 500),
  ];
  const holds = guard(input({ planned: operations, limits: limits({ members: { max: 25, percent: 100 } }) }));
  const held = operations.filter((operation) => holdOf(operation, holds) !== null);
  expect(new Set(held.map((operation) => operation.type))).toEqual(new Set(["member.revoke"]));
});

test("percent 100 with a high max is off, also where nothing is managed yet", () => {
  const empty = { managed: { members: 0, memberships: 0, groups: 0 } };
  expect(isHeld("member.revoke", 10_000, {})).toBe(false);
  expect(isHeld("member.invite", 10_000, empty)).toBe(false);
});

test("more executed, more planned or lower limits never turn a hold into a pass", () => {
  const count = fc.nat({ max: 60 });
  fc.assert(
    fc.property(count, count, count, fc.nat({ max: 30 }), fc.nat({ max: 99 }), (plans, more, done, max, percent) => {
      const of = (size: number, executed: number, limit: { max: number; percent: number }): boolean =>
        isHeld("member.revoke", size, {
          managed: { members: 100, memberships: 0, groups: 0 },
          executed: { ...input({}).executed, members: { day: executed, week: executed } },
          limits: limits({ members: limit }),
        });
      if (plans === 0 || !of(plans, done, { max, percent })) return;
      expect(of(plans + more, done, { max, percent })).toBe(true);
      expect(of(plans, done + more, { max, percent })).toBe(true);
      expect(of(plans, done, { max: Math.floor(max / 2), percent: percent / 2 })).toBe(true);
    }),
  );
});

test("every operation that takes away has a class, and no other but invitations", () => {
  const limited: OperationType[] = ["member.revoke", "member.remove", "membership.remove", "group.delete"];
  for (const type of limited) expect(guardClass(type)).not.toBeNull();
  expect(guardClass("member.invite")).toBe("invitations");
  for (const type of ["member.link", "member.restore", "membership.add", "group.create"] as const) {
    expect(guardClass(type)).toBeNull();
  }
});
