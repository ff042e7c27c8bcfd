import { expect, test } from "vitest";
import type { Group, Member } from "../../src/domain/bitwarden.ts";
import { hasHappened, type Seen } from "../../src/domain/live/effect.ts";
import type { OperationType, PlannedOperation } from "../../src/domain/operation.ts";

/** `ann` (b1) is managed and in `sales` (g1); `bob` (b2) is managed and revoked; `gone` is managed and in no list. */
function world(): Seen {
  const member = (id: string, externalId: string, status: number): Member => {
    return { id, email: `${externalId}@example.com`, externalId, status, type: 2 };
  };
  const managed = (key: string, bwId: string) => {
    return [key, { key, externalId: key, bwId, email: "", status: 2, type: 2, revokedByUs: false }] as const;
  };
  const group = (key: string, bwId: string) =>
    [key, { key, externalId: key, bwId, name: "Old", verifiedAt: 0 }] as const;
  const sales: Group = { id: "g1", name: "Sales", externalId: "sales" };
  return {
    members: [member("b1", "ann", 2), member("b2", "bob", -1)],
    groups: [sales],
    memberIds: new Map([["g1", new Set(["b1"])]]),
    ledgerUsers: new Map([managed("ann", "b1"), managed("bob", "b2"), managed("gone", "b3")]),
    ledgerGroups: new Map([group("sales", "g1"), group("lost", "g9")]),
  };
}

function operation(type: OperationType, key: string, facts: Partial<PlannedOperation> = {}): PlannedOperation {
  const kind = type.startsWith("group.") ? "group" : "user";
  return { type, kind, key, object: "", data: {}, label: "", reason: "", evidence: "", provenAt: 0, ...facts };
}

const CASES: [boolean, OperationType, string, Partial<PlannedOperation>?][] = [
  [true, "member.invite", "new", { data: { externalId: "ann" } }],
  [false, "member.invite", "new", { data: { externalId: "new" } }],
  [true, "member.link", "new", { data: { externalId: "bob" } }],
  [false, "member.link", "new"],
  [true, "member.revoke", "bob"],
  [false, "member.revoke", "ann"],
  [true, "member.revoke", "gone"],
  [false, "member.revoke", "stranger"],
  [true, "member.restore", "ann"],
  [false, "member.restore", "bob"],
  [false, "member.restore", "gone"],
  [true, "member.remove", "gone"],
  [false, "member.remove", "ann"],
  [false, "member.remove", "stranger"],
  [true, "membership.add", "ann", { object: "sales" }],
  [false, "membership.add", "bob", { object: "sales" }],
  [false, "membership.add", "stranger", { object: "sales" }],
  [true, "membership.remove", "bob", { object: "sales" }],
  [false, "membership.remove", "ann", { object: "sales" }],
  [true, "membership.remove", "ann", { object: "lost" }],
  [false, "membership.remove", "ann", { object: "stranger" }],
  [true, "group.create", "new", { data: { externalId: "sales" } }],
  [false, "group.create", "new", { data: { externalId: "new" } }],
  [true, "group.rename", "sales", { data: { name: "Sales" } }],
  [false, "group.rename", "sales", { data: { name: "Sales EMEA" } }],
  [false, "group.rename", "lost", { data: { name: "Sales" } }],
  [false, "group.link", "sales"],
  [true, "group.delete", "lost"],
  [false, "group.delete", "sales"],
  [false, "group.delete", "stranger"],
];

test.each(CASES)("%s: %s of %s %j", (happened, type, key, facts = {}) => {
  expect(hasHappened(operation(type, key, facts), world())).toBe(happened);
});
