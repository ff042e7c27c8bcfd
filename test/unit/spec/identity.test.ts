import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, revoked, revokedByUs, unread } from "./world.ts";

specify("an external id that was changed by hand", [
  {
    it: "is set again when it was cleared",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is set again under the address that Bitwarden knows, in lower case",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { email: "Lovelace@Example.Test", externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: {
      operations: ["member.link ada as lovelace@example.test, cn=ada"],
      notices: ["email-differs ada"],
    },
  },
  {
    it: "is set again as it was first seen, although the directory has renamed the person since",
    directory: { people: { ada: { externalId: "cn=lovelace" } } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is set again after the restore: one operation per person at a time",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { ...revoked, externalId: null } } },
    ledger: { people: { ada: revokedByUs } },
    expect: { operations: ["member.restore ada"] },
  },
  {
    it: "is set again also on somebody who was revoked by hand",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { ...revoked, externalId: null } } },
    ledger: { people: { ada: { status: -1 } } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"], notices: ["revoked-by-hand ada"] },
  },
  {
    it: "is named when it was changed to another one: the member stays managed",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: "other-tool" } } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["external-id-changed ada"] },
  },
  {
    it: "does not save a leaver from being revoked",
    directory: { people: { ada: gone, bob: gone } },
    bitwarden: { members: { ada: { externalId: "other-tool" }, bob: { externalId: null } } },
    ledger: { people: { ada: managed, bob: managed } },
    expect: { operations: ["member.revoke ada", "member.revoke bob"] },
  },
  {
    it: "is left alone by a connection with users: false",
    directory: { people: { ada: active }, options: { users: false } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
]);

specify("an address that differs", [
  {
    it: "is named; the member stays",
    directory: { people: { ada: { email: "lovelace@example.test" } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["email-differs ada"] },
  },
  {
    it: "is no news when only the case differs, or the directory has none",
    directory: { people: { ada: active, bob: { email: null } } },
    bitwarden: { members: { ada: { email: "ADA@Example.test" }, bob: confirmed } },
    ledger: { people: { ada: managed, bob: managed } },
    expect: {},
  },
  {
    it: "is no news when another directory has the one that Bitwarden has",
    directories: {
      ad: { people: { ada: { email: "ada@corp.test", link: "L" } } },
      entra: { people: { ada: { link: "L" } } },
    },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { joins: ["entra/ada is ada"] },
  },
  {
    it: "is named when only a directory that let the person go has the one that Bitwarden has",
    directories: {
      ad: { people: { ada: { email: "ada@corp.test" } } },
      entra: { people: { ada: disabled } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["email-differs ada"] },
  },
]);

specify("a managed member who is not there any more", [
  {
    it: "is not invited again, only named: removed by hand",
    directory: { people: { ada: active } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["removed-by-hand ada"] },
  },
  {
    it: "is not named when the directory does not ask for them",
    directory: { people: { ada: disabled }, options: { removeDisabled: false } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
  {
    it: "is not linked again when the directory does not ask for them",
    directory: { people: { ada: disabled }, options: { removeDisabled: false } },
    bitwarden: { members: { again: { email: "ada@example.test", externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
  {
    it: "is linked again when invited again by hand under the same address",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: {
      members: { again: { email: "Ada@example.test", externalId: null, status: 0 } },
      groups: { sales: { has: [] } },
    },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada", "membership.add ada in sales"] },
  },
  {
    it: "is linked again but kept out of groups while the new member is revoked",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: {
      members: { again: { email: "ada@example.test", externalId: null, ...revoked } },
      groups: { sales: { has: [] } },
    },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is adopted again when the new member carries our external id",
    directory: { people: { ada: active } },
    bitwarden: { members: { again: { email: "ada@example.test", externalId: "cn=ada" } } },
    ledger: { people: { ada: managed } },
    expect: { adoptions: ["user ada is m-again"] },
  },
  {
    it: "is not linked to a member of the same address with the external id of another tool",
    directory: { people: { ada: active } },
    bitwarden: { members: { again: { email: "ada@example.test", externalId: "other-tool" } } },
    ledger: { people: { ada: managed } },
    complete: false,
    expect: { notices: ["removed-by-hand ada"] },
  },
  {
    it: "is not linked when two members have the address",
    directory: { people: { ada: active } },
    bitwarden: {
      members: {
        one: { email: "ada@example.test", externalId: null },
        two: { email: "Ada@example.test", externalId: null },
      },
    },
    ledger: { people: { ada: managed } },
    expect: { notices: ["import-poisoned bitwarden/ada@example.test", "removed-by-hand ada"] },
  },
  {
    it: "is not linked to the member of somebody else who left: one member, one person",
    directory: { people: { ada: active, bob: gone } },
    bitwarden: { members: { bob: { email: "ada@example.test", externalId: null, ...revoked } } },
    ledger: { people: { ada: managed, bob: revokedByUs } },
    expect: { notices: ["removed-by-hand ada"] },
  },
  {
    it: "is not adopted twice when two new members carry our external id",
    directory: { people: { ada: active } },
    bitwarden: { members: { one: { externalId: "cn=ada" }, two: { externalId: "cn=ada" } } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["import-poisoned bitwarden/cn=ada", "duplicate-external-id ada"] },
  },
  {
    it: "is forgotten once a direct read has said that the person left, too",
    directory: { people: { ada: gone } },
    ledger: { people: { ada: managed } },
    expect: { forgotten: ["user ada"] },
  },
  {
    it: "is read directly while only a snapshot says that the person left",
    directory: { people: { ada: unread(disabled) } },
    ledger: { people: { ada: managed } },
    expect: { nominations: ["user ada"] },
  },
  {
    it: "is not linked again when the person left; who has access under that address is named next",
    directory: { people: { ada: gone } },
    bitwarden: { members: { again: { email: "ada@example.test", externalId: null } } },
    ledger: { people: { ada: managed } },
    expect: { forgotten: ["user ada"] },
  },
]);
