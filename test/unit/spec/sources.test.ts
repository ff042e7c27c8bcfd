import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revoked, revokedByUs, unread } from "./world.ts";

/** Known to both directories, managed under the key of the first. */
const BOTH = {
  joined: { "entra/ada": "ada" },
  bitwarden: { members: { ada: confirmed } },
  ledger: { people: { ada: managed } },
};

specify("somebody whom two directories know", [
  {
    it: "is one member: invited once, under the external id of the first connection",
    directories: { ad: { people: { ada: active } }, entra: { people: { ada: active } } },
    expect: { joins: ["entra/ada is ada"], operations: ["member.invite ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is invited for the one that has them active",
    directories: { ad: { people: { ada: disabled } }, entra: { people: { ada: active } } },
    expect: { joins: ["entra/ada is ada"], operations: ["member.invite ada as ada@example.test, entra:ada"] },
  },
  {
    it: "is invited under address and external id of one with a voice",
    directories: {
      ad: { people: { ada: { link: "L", email: "a@corp.test" } }, options: { users: false } },
      entra: { people: { ada: { link: "L" } } },
    },
    expect: { joins: ["entra/ada is ada"], operations: ["member.invite ada as ada@example.test, entra:ada"] },
  },
  {
    it: "is invited under the address of the other where the first has none",
    directories: {
      ad: { people: { ada: { email: null, link: "L" } } },
      entra: { people: { ada: { link: "L" } } },
    },
    expect: { joins: ["entra/ada is ada"], operations: ["member.invite ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is not invited under an address that only a directory has that let them go",
    directories: {
      ad: { people: { ada: { email: null, link: "L" } } },
      entra: { people: { ada: { link: "L", ...disabled } } },
    },
    expect: { joins: ["entra/ada is ada"], notices: ["no-email ada"] },
  },
  {
    it: "is adopted under the external id that either of them gives",
    directories: { ad: { people: { ada: active } }, entra: { people: { ada: active } } },
    bitwarden: { members: { ada: { externalId: "entra:ada" } } },
    expect: { joins: ["entra/ada is ada"], adoptions: ["user ada is m-ada"] },
  },
  {
    it: "is not adopted twice when two members carry the two external ids: both are named in one notice",
    directories: {
      ad: { people: { ada: { link: "L" } } },
      entra: { people: { ada: { link: "L", email: "ada@entra.test" } } },
    },
    bitwarden: { members: { ada: confirmed, two: { email: "ada@entra.test", externalId: "entra:ada" } } },
    expect: { joins: ["entra/ada is ada"], notices: ["duplicate-external-id ada"] },
  },
  {
    it: "stays while one of them claims, whatever a direct read of the other says",
    directories: { ad: { people: { ada: gone } }, entra: { people: { ada: active } } },
    ...BOTH,
    expect: {},
  },
  {
    it: "stays while the other claims, the other way round",
    directories: { ad: { people: { ada: active } }, entra: { people: { ada: out } } },
    ...BOTH,
    expect: {},
  },
  {
    it: "stays while one leaves disabled people alone",
    directories: {
      ad: { people: { ada: gone } },
      entra: { people: { ada: disabled }, options: { removeDisabled: false } },
    },
    ...BOTH,
    expect: {},
  },
  {
    it: "is revoked when both let them go, proven by the older of the two reads",
    directories: {
      ad: { people: { ada: { ...gone, readAt: 300 } } },
      entra: { people: { ada: { ...disabled, readAt: 200 } } },
    },
    ...BOTH,
    expect: { operations: ["member.revoke ada, proven at 200"] },
  },
  {
    it: "is read directly where a snapshot alone says so, and keeps access until then",
    directories: { ad: { people: { ada: gone } }, entra: { people: { ada: unread(disabled) } } },
    ...BOTH,
    expect: { nominations: ["user entra/ada"] },
  },
  {
    it: "is read directly in both where both are only known from snapshots",
    directories: { ad: { people: { ada: unread(out) } }, entra: { people: { ada: unread(disabled) } } },
    ...BOTH,
    expect: { nominations: ["user ada", "user entra/ada"] },
  },
  {
    it: "is restored when one of them claims again",
    directories: { ad: { people: { ada: gone } }, entra: { people: { ada: active } } },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: revoked } },
    ledger: { people: { ada: revokedByUs } },
    expect: { operations: ["member.restore ada"] },
  },
  {
    it: "is revoked rather than removed when one says remove and the other revoke: that can be undone",
    directories: {
      ad: { people: { ada: gone }, options: { leaver: "remove" } },
      entra: { people: { ada: gone } },
    },
    ...BOTH,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is removed when one says remove and the other only reports",
    directories: {
      ad: { people: { ada: gone }, options: { leaver: "report" } },
      entra: { people: { ada: gone }, options: { leaver: "remove" } },
    },
    ...BOTH,
    expect: { operations: ["member.remove ada"] },
  },
  {
    it: "is only named when both report",
    directories: {
      ad: { people: { ada: gone }, options: { leaver: "report" } },
      entra: { people: { ada: out }, options: { scopeExit: "report" } },
    },
    ...BOTH,
    expect: { notices: ["leaver-reported ada"] },
  },
  {
    it: "is named as protected under the address of either directory",
    directories: {
      ad: { people: { ada: { ...gone, email: "other@example.test" } } },
      entra: { people: { ada: { ...gone, email: "root@example.test" } } },
    },
    ...BOTH,
    protected: ["root@example.test"],
    expect: { notices: ["protected-leaver ada"] },
  },
  {
    it: "is named when left by both, and a member of either address has access unmanaged",
    directories: {
      ad: { people: { ada: { ...gone, email: null } } },
      entra: { people: { ada: gone } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: { externalId: null } } },
    expect: { notices: ["unmanaged-leaver ada"] },
  },
  {
    it: "gets the external id of the directory that goes on when the old one was cleared",
    directories: { ad: { people: { ada: gone } }, entra: { people: { ada: active } } },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: { operations: ["member.link ada as ada@example.test, entra:ada"] },
  },
  {
    it: "keeps the external id of the ledger while its directory goes on, when it was cleared",
    directories: { ad: { people: { ada: active } }, entra: { people: { ada: active } } },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: { externalId: "entra:ada" } } },
    expect: { operations: ["member.link ada as ada@example.test, entra:ada"] },
  },
]);

specify("the groups of somebody whom two directories know", [
  {
    it: "are those of both",
    directories: {
      ad: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
      entra: { people: { ada: active }, groups: { ops: { has: ["ada"] } } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: [] }, ops: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, "entra/ops": {} } },
    expect: {
      operations: ["membership.add ada in sales", "membership.add ada in entra/ops"],
      notices: ["external-id-changed entra/ops"],
    },
  },
  {
    it: "are lost only in the directory that let them go, proven by that read",
    directories: {
      ad: { people: { ada: { ...gone, readAt: 77 } }, groups: { sales: { has: ["ada"], readAt: 5_000 } } },
      entra: { people: { ada: active }, groups: { ops: { externalId: "cn=ops", has: ["ada"] } } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] }, ops: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, "entra/ops": { externalId: "cn=ops" } } },
    expect: { operations: ["membership.remove ada in sales, proven at 77"] },
  },
  {
    it: "are not given by a directory that let them go",
    directories: {
      ad: { people: { ada: gone }, groups: { sales: { has: ["ada"] } } },
      entra: { people: { ada: active } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: {},
  },
  {
    it: "are not lost on the word of a snapshot: that directory is asked directly",
    directories: {
      ad: { people: { ada: unread(disabled) }, groups: { sales: {} } },
      entra: { people: { ada: active } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { nominations: ["user ada"] },
  },
  {
    it: "are left as they are by a directory that leaves disabled people alone",
    directories: {
      ad: { people: { ada: disabled }, groups: { sales: {} }, options: { removeDisabled: false } },
      entra: { people: { ada: active } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: {},
  },
  {
    it: "are taken from the entry that goes on when one directory has an old and a new one",
    directories: {
      ad: { people: { old: gone, ada: active }, groups: { sales: { has: ["ada"] }, rnd: {} } },
      entra: { people: { ada: active } },
    },
    joined: { ada: "old", "entra/ada": "old" },
    bitwarden: {
      members: { ada: { externalId: "cn=old" } },
      groups: { sales: { has: [] }, rnd: { has: ["ada"] } },
    },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } }, groups: { sales: {}, rnd: {} } },
    expect: { operations: ["membership.add old in sales", "membership.remove old in rnd"] },
  },
  {
    it: "are lost on the older read when a directory has ended two entries of the person",
    directories: {
      ad: {
        people: { old: { ...gone, readAt: 80 }, ada: { ...gone, readAt: 90 } },
        groups: { sales: { has: ["ada"] } },
      },
      entra: { people: { ada: active } },
    },
    joined: { ada: "old", "entra/ada": "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } }, groups: { sales: {} } },
    expect: { operations: ["membership.remove old in sales, proven at 80"] },
  },
  {
    it: "do not include those that somebody of another directory was put into by hand",
    directories: {
      ad: { groups: { sales: { readAt: 500 } } },
      entra: { people: { ada: active } },
    },
    bitwarden: { members: { ada: { externalId: "entra:ada" } }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { "entra/ada": managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove entra/ada in sales, proven at 500"] },
  },
]);
