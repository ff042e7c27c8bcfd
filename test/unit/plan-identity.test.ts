import { describe, expect, test } from "vitest";
import type { Member } from "../../src/domain/bitwarden.ts";
import type { LedgerUser, Model, UserRecord } from "../../src/domain/model.ts";
import type { SyncOptions } from "../../src/domain/options.ts";
import { plan } from "../../src/domain/plan.ts";

const OPTIONS: SyncOptions = {
  users: true,
  groups: false,
  removeDisabled: true,
  leaver: "revoke",
  scopeExit: "revoke",
  inviteUsersAfterProvisioning: true,
  groupDeletion: "report",
  largeImport: true,
};

function person(key: string, more: Partial<UserRecord> = {}): UserRecord {
  const email = `${key}@example.test`;
  return {
    key,
    externalId: "uid=ada",
    email,
    state: "active",
    clause: null,
    confirmed: true,
    readNo: 1,
    readAt: 1,
    ...more,
  };
}

function managed(key: string, member: Member, revokedByUs = false): LedgerUser {
  const { id: bwId, email, status, type } = member;
  return { key, externalId: "uid=ada", bwId, email, status, type, revokedByUs };
}

/** The whole decision about these people. */
function decide(people: UserRecord[], ledger: LedgerUser[], members: Member[], options: Partial<SyncOptions> = {}) {
  const model: Model = {
    users: new Map(people.map((one) => [one.key, one])),
    groups: new Map(),
    userEdges: new Map(),
    groupEdges: new Map(),
    ledgerUsers: new Map(ledger.map((one) => [one.key, one])),
    ledgerGroups: new Map(),
    ledgerMembers: new Map(),
    duplicateEmails: new Set(),
  };
  const live = {
    members: new Map(members.map((member) => [member.id, member])),
    groups: new Map(),
    memberIds: new Map(),
    groupIds: new Map(),
  };
  const subjects = { all: true, users: new Set<string>(), groups: new Set<string>() };
  return plan({ subjects, model, live, options: { ...OPTIONS, ...options }, protected: new Set() });
}

const ADA: Member = { id: "m1", email: "old@example.test", externalId: "uid=ada", status: 2, type: 2 };

describe("an external id that comes back under another immutable id", () => {
  test("belongs to the same person when the address is the same: the member stays, untouched", () => {
    const people = [person("old", { state: "gone" }), person("new", { email: "old@example.test" })];

    const { operations, adoptedUsers, notices } = decide(people, [managed("old", ADA)], [ADA]);

    expect(operations).toEqual([]);
    expect(adoptedUsers.map(({ key, bwId }) => [key, bwId])).toEqual([["new", "m1"]]);
    expect(notices).toEqual([]);
  });

  test("never hands the vault of who left to somebody with another address", () => {
    const people = [person("old", { state: "gone" }), person("new")];

    const { operations, adoptedUsers, notices } = decide(people, [managed("old", ADA)], [ADA]);

    expect(operations.map(({ type, key }) => [type, key])).toEqual([["member.revoke", "old"]]);
    expect(adoptedUsers).toEqual([]);
    expect(notices.map(({ code, key }) => [code, key])).toEqual([["external-id-of-a-leaver", "new"]]);
  });
});

test("a member whose external id was cleared by hand is not linked to a second person of that address", () => {
  const cleared: Member = { ...ADA, externalId: null };
  const people = [
    person("old", { email: "old@example.test" }),
    person("other", { externalId: "uid=other", email: "old@example.test" }),
  ];

  const { operations, notices } = decide(people, [managed("old", cleared)], [cleared]);

  expect(operations.map(({ type, key }) => [type, key])).toEqual([["member.link", "old"]]);
  expect(notices.map(({ code, key }) => [code, key])).toContainEqual(["email-of-another-member", "other"]);
});

test("with users: false no member is invited, linked, revoked, restored or removed", () => {
  const revoked: Member = { ...ADA, status: -1 };
  const cases: [UserRecord[], LedgerUser[], Member[]][] = [
    [[person("new")], [], []],
    [[person("old", { state: "gone" })], [managed("old", ADA)], [ADA]],
    [[person("old", { state: "gone", confirmed: false })], [managed("old", ADA)], [ADA]],
    [[person("old")], [managed("old", revoked, true)], [revoked]],
    [[person("old")], [managed("old", ADA)], [{ ...ADA, externalId: null }]],
  ];

  for (const [people, ledger, members] of cases) {
    const { operations, nominations } = decide(people, ledger, members, { users: false });

    expect(operations).toEqual([]);
    expect(nominations).toEqual([]);
  }
});
