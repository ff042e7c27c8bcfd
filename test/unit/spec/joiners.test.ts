import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revoked, unread } from "./world.ts";

specify("somebody new in the directory", [
  {
    it: "is invited under address and external id of the directory",
    directory: { people: { ada: active } },
    expect: { operations: ["member.invite ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is invited on the word of a snapshot: giving access needs no proof",
    directory: { people: { ada: unread(active) } },
    expect: { operations: ["member.invite ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is not invited when disabled, whatever removeDisabled says",
    directories: {
      ad: { people: { ada: disabled } },
      entra: { people: { bob: disabled }, options: { removeDisabled: false } },
    },
    expect: {},
  },
  {
    it: "is not invited when out of scope or gone",
    directory: { people: { ada: out, bob: gone } },
    expect: {},
  },
  {
    it: "is left alone when the decision is about somebody else",
    directory: { people: { ada: active, bob: active } },
    about: ["bob"],
    expect: { operations: ["member.invite bob as bob@example.test, cn=bob"] },
  },
  {
    it: "is not invited by a connection with users: false",
    directory: { people: { ada: active }, options: { users: false } },
    expect: {},
  },
]);

specify("somebody new whose address is a member already", [
  {
    it: "is linked when the member has no external id",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: null } } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is linked also when Bitwarden spells the address in mixed case",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { email: "Ada@Example.Test", externalId: null } } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is linked and put into groups at once",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: { externalId: null } }, groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada", "membership.add ada in sales"] },
  },
  {
    it: "is linked but stays out of groups while the member is revoked",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: { ...revoked, externalId: null } }, groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is set aside when the member carries the external id of another tool",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: "other-tool" } } },
    complete: false,
    expect: { notices: ["email-of-another-member ada"] },
  },
  {
    it: "is set aside when two spellings of the address are two members",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: null }, ada2: { email: "ADA@example.test", externalId: null } } },
    expect: { notices: ["import-poisoned bitwarden/ada@example.test", "email-of-another-member ada"] },
  },
  {
    it: "is set aside when the member is managed for somebody else who is in, even with the external id cleared",
    directory: { people: { ada: active, eve: { email: "ada@example.test", state: "active" } } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"], notices: ["duplicate-email eve"] },
  },
  {
    it: "is set aside when the member of that address is managed for somebody who uses another one in the directory",
    directory: { people: { ada: { email: "ada.l@example.test" }, eve: { email: "ada@example.test" } } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: {
      operations: ["member.link ada as ada@example.test, cn=ada"],
      notices: ["email-differs ada", "email-of-another-member eve"],
    },
  },
]);

specify("somebody new whom Bitwarden could not store", [
  {
    it: "is named when there is no address",
    directory: { people: { ada: { email: null } } },
    expect: { notices: ["no-email ada"] },
  },
  {
    it: "is named when the address is none",
    directory: {
      people: {
        ada: { email: "ada" },
        bob: { email: "bob@" },
        cy: { email: "@example.test" },
        dan: { email: "dan@home@example.test" },
        eve: { email: "eve @example.test" },
        fay: { email: "fay@exam ple.test" },
        gus: { email: "gus\u0000@example.test" },
        hal: { email: "hal@example.test\u0007" },
        ivy: { email: " ivy@example.test" },
        jon: { email: "jon@example.test " },
      },
    },
    expect: {
      notices: ["ada", "bob", "cy", "dan", "eve", "fay", "gus", "hal", "ivy", "jon"].map((name) => `bad-email ${name}`),
    },
  },
  {
    it: "is invited with an address of 256 characters, and named with 257",
    directory: { people: { ada: { email: `${"a".repeat(254)}@x` }, bob: { email: `${"b".repeat(255)}@x` } } },
    expect: { operations: [`member.invite ada as ${"a".repeat(254)}@x, cn=ada`], notices: ["bad-email bob"] },
  },
  {
    it: "is invited with an external id of 300 characters, and named with 301",
    directory: { people: { ada: { externalId: "a".repeat(300) }, bob: { externalId: "b".repeat(301) } } },
    expect: {
      operations: [`member.invite ada as ada@example.test, ${"a".repeat(300)}`],
      notices: ["bad-external-id bob"],
    },
  },
  {
    it: "is named when two people of the directory have one address; neither is invited",
    directory: { people: { ada: { email: "sales@example.test" }, bob: { email: "sales@example.test" } } },
    expect: { notices: ["duplicate-email ada", "duplicate-email bob"] },
  },
  {
    it: "is invited when the other one of that address has left",
    directory: { people: { ada: { email: "sales@example.test" }, bob: { email: "sales@example.test", ...disabled } } },
    expect: { operations: ["member.invite ada as sales@example.test, cn=ada"] },
  },
  {
    it: "is named when two people have one external id: Bitwarden would make one member of them",
    directory: { people: { ada: { externalId: "x" }, bob: { externalId: "x" } } },
    expect: { notices: ["duplicate-external-id ada", "duplicate-external-id bob"] },
  },
  {
    it: "is invited when the other one of that external id has left",
    directory: { people: { ada: { externalId: "x" }, bob: { externalId: "x", ...gone } } },
    expect: { operations: ["member.invite ada as ada@example.test, x"] },
  },
]);

specify("somebody who is a member under our external id", [
  {
    it: "is adopted without a write",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: confirmed } },
    expect: { adoptions: ["user ada is m-ada"] },
  },
  {
    it: "is adopted under whatever address the member has, and the difference is said",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { email: "lovelace@example.test" } } },
    expect: { adoptions: ["user ada is m-ada"], notices: ["email-differs ada"] },
  },
  {
    it: "is adopted as revoked by hand: the bridge does not know better",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: revoked } },
    expect: { adoptions: ["user ada is m-ada"], notices: ["revoked-by-hand ada"] },
  },
  {
    it: "is adopted and revoked when a direct read says they left",
    directory: { people: { ada: gone } },
    bitwarden: { members: { ada: confirmed } },
    expect: { adoptions: ["user ada is m-ada"], operations: ["member.revoke ada"] },
  },
  {
    it: "is adopted into the groups of the directory",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] }, rnd: { has: [] } } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: [] }, rnd: { has: ["ada"] } } },
    ledger: { groups: { sales: {}, rnd: {} } },
    expect: {
      adoptions: ["user ada is m-ada"],
      operations: ["membership.add ada in sales", "membership.remove ada in rnd"],
    },
  },
  {
    it: "is adopted as a guest of groups with users: false",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } }, options: { users: false } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { adoptions: ["user ada is m-ada"], operations: ["membership.add ada in sales"] },
  },
  {
    it: "is not adopted while two members carry that external id",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: {
      members: { ada: confirmed, eve: { externalId: "cn=ada" } },
      groups: { sales: { has: ["ada"] } },
    },
    ledger: { groups: { sales: {} } },
    expect: { notices: ["import-poisoned bitwarden/cn=ada", "duplicate-external-id ada"] },
  },
  {
    it: "is not adopted by two people of one external id: the directory is to be corrected",
    directory: { people: { ada: active, bob: { externalId: "cn=ada" } } },
    bitwarden: { members: { ada: confirmed } },
    expect: { notices: ["duplicate-external-id ada", "duplicate-external-id bob"] },
  },
  {
    it: "is adopted for who is in, never revoked for a predecessor of the same external id who is gone",
    directory: { people: { old: { externalId: "cn=ada", ...gone }, ada: active } },
    bitwarden: { members: { ada: confirmed } },
    expect: { adoptions: ["user ada is m-ada"] },
  },
  {
    it: "is no news when managed already",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
]);
