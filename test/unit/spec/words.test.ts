import { expect, test } from "vitest";
import { plan } from "../../../src/domain/plan/plan.ts";
import { active, confirmed, disabled, gone, inputOf, managed, out, unread, type World } from "./world.ts";

/** What an administrator reads of the only operation of a world. */
function words(world: World) {
  const [operation] = plan(inputOf(world)).operations;
  return operation && { label: operation.label, reason: operation.reason, evidence: operation.evidence };
}

/** What an administrator reads of the only notice of a world. */
function notice(world: World) {
  const [first] = plan(inputOf(world)).notices;
  return first && { label: first.label, text: first.text };
}

const MEMBER = { bitwarden: { members: { ada: confirmed } }, ledger: { people: { ada: managed } } };
const GROUP = { bitwarden: { groups: { sales: { has: [] } } }, ledger: { groups: { sales: {} } } };

test("an operation is labelled with the address, else with the external id", () => {
  expect(words({ directory: { people: { ada: { ...gone, email: null } } }, ...MEMBER })?.label).toBe("cn=ada");
  expect(words({ directory: { people: { ada: gone } }, ...MEMBER })?.label).toBe("ada@example.test");
  expect(words({ directory: { people: { ada: active } } })?.label).toBe("ada@example.test");
  const other = { ad: { people: { ada: { link: "L", email: null } } }, entra: { people: { ada: { link: "L" } } } };
  expect(words({ directories: other })?.label).toBe("ada@example.test");
});

test("a leaver's reason says what the directory says, and in which words", () => {
  const reason = (says: object): string | undefined =>
    words({ directory: { people: { ada: says } }, ...MEMBER })?.reason;
  expect(reason(gone)).toBe("no longer in the directory");
  expect(reason(disabled)).toBe("disabled in the directory");
  expect(reason({ ...disabled, clause: "status SUSPENDED" })).toBe("disabled in the directory (status SUSPENDED)");
  expect(reason({ ...out, clause: "exclude: filter" })).toBe("out of scope (exclude: filter)");
  expect(reason({ ...gone, clause: "404" })).toBe("no longer in the directory (404)");
});

test("evidence names the read: its number, its kind, its answer, and whose it is when there are several", () => {
  const of = (world: World): string | undefined => words(world)?.evidence;
  expect(of({ directory: { people: { ada: { ...gone, readNo: 7 } } }, ...MEMBER })).toBe("direct read 7: gone");
  expect(of({ directory: { people: { ada: unread({ readNo: 8 }) } } })).toBe("snapshot 8: active");
  const both = { ad: { people: { ada: gone } }, entra: { people: { ada: disabled } } };
  const world = { directories: both, joined: { "entra/ada": "ada" }, ...MEMBER };
  expect(of(world)).toBe("ad direct read 1: gone, entra direct read 1: disabled");
  expect(words(world)?.reason).toBe("ad: no longer in the directory; entra: disabled in the directory");
  const authoritative = { ...both, ad: { ...both.ad, authoritative: true } };
  expect(of({ ...world, directories: authoritative })).toBe("direct read 1: gone");
});

test("a membership names person and group, and the reads of both", () => {
  const directory = { people: { ada: { readNo: 4 } }, groups: { sales: { name: "Sales", readNo: 3 } } };
  const bitwarden = { members: { ada: confirmed }, groups: { sales: { name: "Sales", has: ["ada"] } } };
  const ledger = { people: { ada: managed }, groups: { sales: {} } };
  expect(words({ directory, bitwarden, ledger })).toEqual({
    label: "ada@example.test in Sales",
    reason: "not in the group in the directory",
    evidence: "group read 3, user read 4",
  });
  const elsewhere = { ad: { groups: { sales: { name: "Sales" } } }, entra: { people: { ada: active } } };
  const known = { people: { "entra/ada": { externalId: "cn=ada" } }, groups: { sales: {} } };
  expect(words({ directories: elsewhere, bitwarden, ledger: known })?.evidence).toBe("group read 1, user read none");
  const two = { people: { old: { ...gone, readNo: 5 }, ada: active }, groups: { sales: { name: "Sales" } } };
  const joined = { directory: two, joined: { ada: "old" }, bitwarden };
  const old = { people: { old: { bwId: "m-ada", externalId: "cn=ada" } }, groups: { sales: {} } };
  expect(words({ ...joined, ledger: old })?.evidence).toBe("group read 1, user read 5, 1");
  const ended = {
    ad: { people: { ada: gone }, groups: { sales: { name: "Sales" } } },
    entra: { people: { ada: active } },
  };
  expect(words({ directories: ended, joined: { "entra/ada": "ada" }, bitwarden, ledger })?.reason).toBe(
    "ad does not claim the person any more",
  );
});

test("a group operation names the group, the reason and its read", () => {
  const of = (says: object, bitwarden: World["bitwarden"] = GROUP.bitwarden) =>
    words({ directory: { groups: { sales: says }, options: { groupDeletion: "delete" } }, ...GROUP, bitwarden });
  expect(of({ name: "Sales", ...unread({ readNo: 5 }) })).toEqual({
    label: "Sales",
    reason: 'named "sales" in Bitwarden',
    evidence: "snapshot 5: active",
  });
  expect(of({ ...gone, readNo: 6 })).toEqual({
    label: "sales",
    reason: "group no longer in the directory",
    evidence: "direct read 6: gone",
  });
  expect(of({ ...out, clause: "include: filter" })?.reason).toBe("group out of scope (include: filter)");
});

test("notices begin a sentence and name what the administrator looks for", () => {
  const leaver = notice({ directory: { people: { ada: gone }, options: { leaver: "report" } }, ...MEMBER });
  expect(leaver?.text).toMatch(/^No longer in the directory; /);
  const changed = notice({
    directory: { people: { ada: active } },
    ...MEMBER,
    bitwarden: { members: { ada: { externalId: "x" } } },
  });
  expect(changed?.text).toMatch(/changed in Bitwarden to x; set it back to cn=ada .* this person/);
  const group = notice({
    directory: { groups: { sales: {} } },
    ...GROUP,
    bitwarden: { groups: { sales: { externalId: "x" } } },
  });
  expect(group?.text).toMatch(/changed in Bitwarden to x; set it back to cn=sales .* this group/);
  const differs = notice({ directory: { people: { ada: { email: "new@example.test" } } }, ...MEMBER });
  expect(differs?.text).toMatch(/directory says new@example.test, Bitwarden says ada@example.test/);
  const twice = notice({
    directories: {
      ad: { people: { ada: { link: "L" } } },
      entra: { people: { ada: { link: "L", email: "a@entra.test" } } },
    },
    bitwarden: { members: { ada: confirmed, two: { externalId: "entra:ada" } } },
  });
  expect(twice?.text).toMatch(/^2 members of Bitwarden carry the external id cn=ada or entra:ada;/);
  const groups = notice({
    directory: { groups: { sales: {} } },
    bitwarden: { groups: { sales: {}, b: { externalId: "cn=sales" } } },
  });
  expect(groups?.text).toMatch(/^2 groups of Bitwarden carry the external id cn=sales;/);
  const other = notice({
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: "x" } } },
  });
  expect(other?.text).toMatch(/with the external id x;/);
  const spelled = { members: { ada: { externalId: null }, b: { email: "ADA@example.test", externalId: null } } };
  expect(notice({ directory: { people: { ada: active } }, bitwarden: spelled })?.text).toMatch(/external id \(none\);/);
  const taken = { members: { ada: confirmed }, people: { ada: active, two: { externalId: "cn=ada" } } };
  expect(notice({ directory: { people: taken.people }, ...MEMBER })?.text).toMatch(
    /^Another active user .* id cn=ada;/,
  );
  const shared = { people: { ada: { externalId: "x" }, bob: { externalId: "x" } } };
  expect(notice({ directory: shared })?.text).toMatch(/^Another active user .* id x;/);
  const held = { directory: { groups: { sales: {}, b: { externalId: "cn=sales" } } }, ...GROUP };
  expect(notice(held)?.text).toMatch(/^Another active group .* id cn=sales;/);
  const left = { old: { ...gone, externalId: "cn=ada" }, ada: { email: "new@example.test" } };
  const ledger = { people: { old: { bwId: "m-ada", externalId: "cn=ada", status: -1 } } };
  const revoked = { members: { ada: { status: -1 } } };
  expect(notice({ directory: { people: left }, bitwarden: revoked, ledger })?.text).toMatch(
    /id cn=ada of ada@example.test/,
  );
  expect(notice({ ledger: { people: { "legacy/ada": managed } }, bitwarden: MEMBER.bitwarden })).toEqual({
    label: "ada@example.test",
    text: expect.stringMatching(/^Came from the connection legacy,/) as string,
  });
  expect(notice({ bitwarden: { members: { eve: { externalId: "lost" } } } })?.text).toMatch(
    /^Carries the external id lost,/,
  );
  const long = notice({ directory: { groups: { sales: { name: "s".repeat(101) } } } });
  expect(long).toEqual({ label: "s".repeat(100), text: expect.stringMatching(/1 to 100 characters/) as string });
});
