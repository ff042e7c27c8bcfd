import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revokedByUs } from "./world.ts";

/** Only the joins are of interest here: nobody is invited. */
const QUIET = { options: { users: false } };

specify("two directories speak of one person", [
  {
    it: "when both give the same link, whatever the addresses",
    directories: {
      ad: { people: { ada: { link: "L", email: "a@corp.test" } }, ...QUIET },
      entra: { people: { ada: { link: "L" } }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "when both give the same address",
    directories: { ad: { people: { ada: active }, ...QUIET }, entra: { people: { ada: active }, ...QUIET } },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "when both give the same address and only one a link",
    directories: {
      ad: { people: { ada: { link: "L" }, bob: active }, ...QUIET },
      entra: { people: { ada: active, bob: { link: "M" } }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada", "entra/bob is bob"] },
  },
  {
    it: "not when the address is the same and the links differ",
    directories: {
      ad: { people: { ada: { link: "L" } }, ...QUIET },
      entra: { people: { ada: { link: "M" } }, ...QUIET },
    },
    expect: {},
  },
  {
    it: "not when neither gives an address or a link",
    directories: {
      ad: { people: { ada: { email: null } }, ...QUIET },
      entra: { people: { ada: { email: null } }, ...QUIET },
    },
    expect: {},
  },
  {
    it: "by the link rather than by the address",
    directories: {
      ad: { people: { ada: { link: "L" }, bob: { email: "eve@example.test" } }, ...QUIET },
      entra: { people: { eve: { link: "L" } }, ...QUIET },
    },
    expect: { joins: ["entra/eve is ada"] },
  },
  {
    it: "by the address when nobody else has the link",
    directories: {
      ad: { people: { ada: active }, ...QUIET },
      entra: { people: { ada: { link: "L" } }, ...QUIET },
      okta: { people: { bob: { link: "M" } }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "all three of them",
    directories: {
      ad: { people: { ada: active }, ...QUIET },
      entra: { people: { ada: active }, ...QUIET },
      okta: { people: { ada: active }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada", "okta/ada is ada"] },
  },
  {
    it: "also when one has them disabled or out of scope",
    directories: {
      ad: { people: { ada: disabled, bob: active }, ...QUIET },
      entra: { people: { ada: active, bob: out }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada", "entra/bob is bob"] },
  },
  {
    it: "not when the new one is gone before it was ever known",
    directories: { ad: { people: { ada: active }, ...QUIET }, entra: { people: { ada: gone }, ...QUIET } },
    expect: {},
  },
  {
    it: "also when the old one is gone and managed: whoever moved from one directory to the other",
    directories: { ad: { people: { ada: gone } }, entra: { people: { ada: active } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "not by the address when the old one is gone and was never managed",
    directories: { ad: { people: { ada: gone }, authoritative: true }, entra: { people: { ada: active } } },
    expect: { operations: ["member.invite entra/ada as ada@example.test, entra:ada"] },
  },
  {
    it: "and the one that is managed names the person, wherever it stands in the configuration",
    directories: { ad: { people: { ada: active } }, entra: { people: { ada: active } } },
    bitwarden: { members: { ada: { externalId: "entra:ada" } } },
    ledger: { people: { "entra/ada": managed } },
    expect: { joins: ["ada is entra/ada"] },
  },
  {
    it: "never two who are managed already",
    directories: { ad: { people: { ada: active } }, entra: { people: { two: { email: "ada@example.test" } } } },
    bitwarden: { members: { ada: confirmed, two: { email: "ada@example.test", externalId: "entra:two" } } },
    ledger: { people: { ada: managed, "entra/two": managed } },
    expect: {},
  },
  {
    it: "and stay one person when the address changes later",
    directories: {
      ad: { people: { ada: { email: "new@example.test" } } },
      entra: { people: { ada: active } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
  {
    it: "and whoever others were joined to names the person, managed or not",
    directories: {
      okta: { people: { ada: active }, ...QUIET },
      ad: { people: { ada: active }, ...QUIET },
      entra: { people: { ada: { email: "other@example.test" } }, ...QUIET },
    },
    joined: { "entra/ada": "ada" },
    expect: { joins: ["okta/ada is ada"] },
  },
]);

specify("an address that one directory gives to several people", [
  {
    it: "joins nobody of another directory",
    directories: {
      ad: { people: { ada: active, bob: { email: "ada@example.test" } }, ...QUIET },
      entra: { people: { ada: active }, ...QUIET },
    },
    expect: {},
  },
  {
    it: "joins nobody either when the other directory stands first",
    directories: {
      entra: { people: { ada: active }, ...QUIET },
      ad: { people: { ada: active, bob: { email: "ada@example.test" } }, ...QUIET },
    },
    expect: {},
  },
  {
    it: "has nobody invited: all of them are named",
    directories: {
      entra: { people: { ada: active } },
      ad: { people: { ada: active, bob: { email: "ada@example.test" } } },
    },
    expect: { notices: ["duplicate-email ada", "duplicate-email bob", "duplicate-email entra/ada"] },
  },
  {
    it: "does not keep those with a link from being joined by it",
    directories: {
      entra: { people: { ada: { link: "L" } }, ...QUIET },
      ad: { people: { ada: { link: "L" }, bob: { email: "ada@example.test" } }, ...QUIET },
    },
    expect: { joins: ["ada is entra/ada"] },
  },
  {
    it: "leads to the one who is active when the other is not",
    directories: {
      ad: { people: { old: { email: "ada@example.test", ...gone }, ada: active }, ...QUIET },
      entra: { people: { ada: active }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "leads to the one who is active also the other way round",
    directories: {
      entra: { people: { ada: active }, ...QUIET },
      ad: { people: { old: { email: "ada@example.test", ...disabled }, ada: active }, ...QUIET },
    },
    expect: { joins: ["ada is entra/ada"] },
  },
  {
    it: "is no doubt when the several are one person known by then",
    directories: {
      ad: { people: { old: { email: "ada@example.test" }, ada: active }, ...QUIET },
      entra: { people: { ada: active }, ...QUIET },
    },
    joined: { ada: "old" },
    expect: { joins: ["entra/ada is old"] },
  },
  {
    it: "is a doubt when two other directories hold two people apart by their links",
    directories: {
      ad: { people: { ada: { link: "L" } }, ...QUIET },
      entra: { people: { ada: { link: "M" } }, ...QUIET },
      okta: { people: { ada: active }, ...QUIET },
    },
    expect: {},
  },
]);

specify("a new entry in the same directory", [
  {
    it: "is somebody else when the link is the same: a directory knows its own people",
    directory: { people: { ada: { link: "L" }, two: { link: "L" } }, ...QUIET },
    expect: {},
  },
  {
    it: "is somebody else when only the address is the same",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active }, ...QUIET },
    bitwarden: { members: { old: { ...revokedByUs, externalId: "cn=old", email: "ada@example.test" } } },
    ledger: { people: { old: { ...revokedByUs, email: "ada@example.test" } } },
    expect: {},
  },
  {
    it: "is somebody else while the old one with the same external id is active",
    directory: { people: { old: { externalId: "cn=ada", email: "ada@example.test" }, ada: active }, ...QUIET },
    bitwarden: { members: { old: { externalId: "cn=ada", email: "ada@example.test" } } },
    ledger: { people: { old: { externalId: "cn=ada", email: "ada@example.test" } } },
    expect: { notices: ["duplicate-external-id ada"] },
  },
]);

specify("two people of one directory", [
  {
    it: "never become one by a third who belongs to one by the link and has the address of the other",
    directories: {
      entra: { people: { ada: { link: "L" } }, ...QUIET },
      ad: {
        people: { old: { email: "ada@example.test", ...out }, ada: { link: "L", email: "new@example.test" } },
        ...QUIET,
      },
    },
    ledger: { people: { old: managed } },
    expect: { joins: ["ada is entra/ada"] },
  },
  {
    it: "with one link are told apart by their addresses",
    directories: {
      ad: { people: { ada: { link: "L" }, two: { link: "L" } }, ...QUIET },
      entra: { people: { ada: { link: "L" } }, ...QUIET },
    },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "never become one by what two others say: who stands first in the directory is joined",
    directories: {
      entra: { people: { ada: { link: "L" } }, ...QUIET },
      okta: { people: { ada: { link: "L", email: "lovelace@example.test" } }, ...QUIET },
      ad: { people: { ada: active, two: { email: "lovelace@example.test" } }, ...QUIET },
    },
    expect: { joins: ["ada is entra/ada", "okta/ada is entra/ada"] },
  },
  {
    it: "never become one by a link: who has the other's is not joined by the address either",
    directories: {
      ad: { people: { ada: { link: "L" }, bob: { email: "eve@example.test" } }, ...QUIET },
      entra: { people: { eve: { link: "L" } }, ...QUIET },
    },
    expect: { joins: ["entra/eve is ada"] },
  },
]);
