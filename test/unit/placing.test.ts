import { describe, expect, test } from "vitest";
import { doubtGroups, doubtMembers } from "../../src/domain/live/believable.ts";
import type { Member } from "../../src/domain/bitwarden.ts";
import { placing } from "../../src/domain/live/placing.ts";
import { poisonOf } from "../../src/domain/live/poison.ts";

const OWNER: Member = { id: "owner", email: "owner@example.com", externalId: null, status: 2, type: 0 };

function member(id: string, facts: Partial<Member> = {}): Member {
  return { id, email: `${id}@example.com`, externalId: null, status: 2, type: 2, ...facts };
}

describe("a person whom the directory knows", () => {
  const ann = { email: "ann@example.com", externalId: "u1" };

  test.each([
    ["is there when a member carries the external id", [member("x", { externalId: "u1" })], "there"],
    [
      "is linked when a member has the address in whatever spelling",
      [member("x", { email: "Ann@Example.COM" })],
      "unlinked",
    ],
    ["is nowhere when nobody has the address or the id", [member("bob", { externalId: "u2" })], "nowhere"],
    ["stands back when two members carry the id", ["x", "y"].map((id) => member(id, { externalId: "u1" })), "taken"],
    [
      "stands back when two members have the address",
      ["x", "y"].map((id) => member(id, { email: ann.email })),
      "taken",
    ],
    ["stands back when the address has another id", [member("x", { email: ann.email, externalId: "u9" })], "taken"],
    ["is nowhere when an id differs in case only", [member("x", { externalId: "U1" })], "nowhere"],
  ])("%s", (_, members, is) => {
    expect(placing([OWNER, ...members])(ann).is).toBe(is);
  });

  test("is told who stands in the way", () => {
    const place = placing([member("x", { externalId: "u1" }), member("y", { externalId: "u1" })])(ann);
    expect(place).toMatchObject({ why: expect.stringContaining("x@example.com and y@example.com") as unknown });
  });
});

describe("a pair that poisons imports", () => {
  test("is named, with the way out", () => {
    const members = [
      member("a", { externalId: "u1" }),
      member("b", { externalId: "u1" }),
      member("c", { email: "twin@example.com" }),
      member("d", { email: "Twin@example.com" }),
      member("e", { email: "twin@example.com", externalId: "u2" }),
    ];
    const groups = ["g", "h"].map((id) => ({ id, name: `Group ${id}`, externalId: "x1" }));
    expect(poisonOf(members, groups).map(({ what }) => what)).toEqual([
      "2 members carry the external id u1: a@example.com and b@example.com",
      "2 members without external id have the address twin@example.com",
      '2 groups carry the external id x1: "Group g" and "Group h"',
    ]);
    expect(poisonOf([OWNER, member("a")], [])).toEqual([]);
  });
});

describe("a list of Bitwarden", () => {
  const managed = Array.from({ length: 200 }, (_, at) => `m${String(at)}`);
  const shown = (count: number): Member[] => [OWNER, ...managed.slice(0, count).map((id) => member(id))];

  test("is believed when at most five, or five per cent, are missing", () => {
    expect(doubtMembers(shown(190), managed)).toBeNull();
    expect(doubtMembers(shown(189), managed)).toMatchObject({
      why: expect.stringContaining("11 of the 200") as unknown,
    });
    expect(doubtMembers([OWNER], managed.slice(0, 5))).toBeNull();
    expect(doubtMembers([OWNER], managed.slice(0, 6))?.missing.length).toBe(6);
  });

  test("is not believed without a confirmed owner, whatever else it shows", () => {
    const accepted = { ...OWNER, status: 1 };
    const admin = { ...OWNER, type: 1 };
    for (const first of [accepted, admin]) {
      expect(doubtMembers([first, ...shown(200).slice(1)], managed)).toMatchObject({ canBeAsked: false });
    }
    expect(doubtMembers([], [])).not.toBeNull();
  });

  test("that lacks more than half cannot be made credible by asking", () => {
    expect(doubtMembers(shown(100), managed)?.canBeAsked).toBe(true);
    expect(doubtMembers(shown(99), managed)?.canBeAsked).toBe(false);
  });

  test("of groups has no owner, but is counted as well", () => {
    const groups = managed.slice(0, 189).map((id) => ({ id, name: id, externalId: id }));
    expect(doubtGroups(groups, managed)).not.toBeNull();
    expect(doubtGroups(groups, managed.slice(0, 190))).toBeNull();
    expect(doubtGroups([], [])).toBeNull();
  });
});
