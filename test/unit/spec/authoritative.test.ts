import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, unread } from "./world.ts";

/** Known to both directories, managed under the key of the first. */
const BOTH = {
  joined: { "entra/ada": "ada" },
  bitwarden: { members: { ada: confirmed } },
  ledger: { people: { ada: managed } },
};

specify("an authoritative directory", [
  {
    it: "lets somebody go at once, whoever else claims them",
    directories: { ad: { people: { ada: disabled }, authoritative: true }, entra: { people: { ada: active } } },
    ...BOTH,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "lets somebody go who is gone, proven by its own read alone",
    directories: {
      ad: { people: { ada: { ...gone, readAt: 50 } }, authoritative: true },
      entra: { people: { ada: { ...unread(disabled), readAt: 10 } } },
    },
    ...BOTH,
    expect: { operations: ["member.revoke ada, proven at 50"] },
  },
  {
    it: "is asked directly before anything is taken away",
    directories: { ad: { people: { ada: unread(disabled) }, authoritative: true }, entra: { people: { ada: active } } },
    ...BOTH,
    expect: { nominations: ["user ada"] },
  },
  {
    it: "decides how they leave",
    directories: {
      ad: { people: { ada: disabled }, authoritative: true, options: { leaver: "remove" } },
      entra: { people: { ada: disabled }, options: { leaver: "revoke" } },
    },
    ...BOTH,
    expect: { operations: ["member.remove ada"] },
  },
  {
    it: "says nothing about whom it does not know",
    directories: { ad: { people: {}, authoritative: true }, entra: { people: { ada: active } } },
    bitwarden: { members: { ada: { externalId: "entra:ada" } } },
    ledger: { people: { "entra/ada": managed } },
    expect: {},
  },
  {
    it: "says nothing about whom it has only out of scope",
    directories: { ad: { people: { ada: out }, authoritative: true }, entra: { people: { ada: active } } },
    ...BOTH,
    expect: {},
  },
  {
    it: "keeps nobody who left another one: it is alone in claiming",
    directories: { ad: { people: { ada: active }, authoritative: true }, entra: { people: { ada: gone } } },
    ...BOTH,
    expect: {},
  },
  {
    it: "has no say with users: false",
    directories: {
      ad: { people: { ada: disabled }, authoritative: true, options: { users: false } },
      entra: { people: { ada: active } },
    },
    ...BOTH,
    expect: {},
  },
  {
    it: "lets nobody go who is disabled where disabled people are left alone",
    directories: {
      ad: { people: { ada: disabled }, authoritative: true, options: { removeDisabled: false } },
      entra: { people: { ada: active } },
    },
    ...BOTH,
    expect: {},
  },
  {
    it: "is not quoted for an old entry of somebody who was created again there",
    directories: {
      ad: { people: { old: gone, ada: active }, authoritative: true },
    },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } } },
    expect: {},
  },
  {
    it: "is not quoted for an old entry either when the new one is disabled and left alone",
    directories: {
      ad: { people: { old: gone, ada: disabled }, authoritative: true, options: { removeDisabled: false } },
    },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } } },
    expect: {},
  },
  {
    it: "does not have a newcomer invited whom it has disabled",
    directories: { ad: { people: { ada: disabled }, authoritative: true }, entra: { people: { ada: active } } },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "may be both: either lets somebody go",
    directories: {
      ad: { people: { ada: active }, authoritative: true },
      entra: { people: { ada: disabled }, authoritative: true },
    },
    ...BOTH,
    expect: { operations: ["member.revoke ada"] },
  },
]);

specify("somebody with an old and a new entry in one directory", [
  {
    it: "stays: the old one says nothing any more",
    directory: { people: { old: gone, ada: active } },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } } },
    expect: {},
  },
  {
    it: "leaves the way the new entry says: the old one is no reason to take more away",
    directory: { people: { old: gone, ada: out }, options: { scopeExit: "report" } },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } } },
    expect: { notices: ["leaver-reported old"] },
  },
  {
    it: "leaves when both are gone, proven by the older read",
    directory: { people: { old: { ...gone, readAt: 20 }, ada: { ...gone, readAt: 30 } } },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: "cn=old" } } },
    ledger: { people: { old: { bwId: "m-ada", email: "ada@example.test" } } },
    expect: { operations: ["member.revoke old, proven at 20"] },
  },
]);

specify("a connection that is gone from the configuration", [
  {
    it: "takes nobody with it: its members are named and keep access",
    directories: { ad: {} },
    bitwarden: { members: { ada: { externalId: "legacy:ada" } } },
    ledger: { people: { "legacy/ada": managed } },
    expect: { notices: ["unclaimed legacy/ada"] },
  },
  {
    it: "takes nobody with it whom another one claims",
    directories: { entra: { people: { ada: active } } },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
  {
    it: "takes nobody along into the groups of another one",
    directories: { entra: { groups: { ops: { externalId: "cn=ops" } } } },
    bitwarden: { members: { ada: confirmed }, groups: { ops: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { "entra/ops": { externalId: "cn=ops" } } },
    expect: { notices: ["unclaimed ada"] },
  },
]);
