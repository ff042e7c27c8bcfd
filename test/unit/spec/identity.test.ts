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
    expect: { notices: ["removed-by-hand ada"] },
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
    expect: { notices: ["duplicate-external-id ada"] },
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

specify("an external id that comes back under another immutable id", [
  {
    it: "is the same person when the address is the same: the member stays",
    directory: { people: { old: { ...gone, externalId: "cn=ada" }, ada: active } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { old: { bwId: "m-ada", externalId: "cn=ada", email: "Ada@example.test" } } },
    expect: { joins: ["ada is old"] },
  },
  {
    it: "is the same person also when the bridge had revoked the old one: restored",
    directory: { people: { old: { ...gone, externalId: "cn=ada" }, ada: active } },
    bitwarden: { members: { ada: revoked } },
    ledger: { people: { old: { ...revokedByUs, bwId: "m-ada", externalId: "cn=ada", email: "ada@example.test" } } },
    expect: { joins: ["ada is old"], operations: ["member.restore old"] },
  },
  {
    it: "is the same person when the old entry is only disabled",
    directory: { people: { old: { ...disabled, externalId: "cn=ada" }, ada: active } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { old: { bwId: "m-ada", externalId: "cn=ada", email: "ada@example.test" } } },
    expect: { joins: ["ada is old"] },
  },
  {
    it: "never hands the vault of who left to somebody of another address",
    directory: { people: { old: { ...gone, externalId: "cn=ada" }, ada: { email: "ada2@example.test" } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { old: { bwId: "m-ada", externalId: "cn=ada", email: "ada@example.test" } } },
    expect: { operations: ["member.revoke old"], notices: ["external-id-of-a-leaver ada"] },
  },
  {
    it: "is nobody's while the new entry is not active, or has no address",
    directory: {
      people: {
        old: { ...gone, externalId: "cn=ada" },
        ada: disabled,
        older: { ...gone, externalId: "cn=bob" },
        bob: { email: null },
      },
    },
    bitwarden: { members: { ada: revoked, bob: revoked } },
    ledger: {
      people: {
        old: { ...revokedByUs, bwId: "m-ada", externalId: "cn=ada", email: "ada@example.test" },
        older: { ...revokedByUs, bwId: "m-bob", externalId: "cn=bob", email: "bob@example.test" },
      },
    },
    expect: { notices: ["external-id-of-a-leaver bob"] },
  },
  {
    it: "is not given to a second active person: the directory is to be corrected",
    directory: { people: { ada: active, bob: { externalId: "cn=ada" } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["duplicate-external-id bob"] },
  },
]);

specify("a leaver's external id that was cleared to make room", [
  {
    it: "makes the new entry of the same address the same person, decided once more right after",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active } },
    bitwarden: { members: { ada: { ...revoked, externalId: null } } },
    ledger: { people: { old: { ...revokedByUs, bwId: "m-ada" } } },
    expect: { joins: ["ada is old"] },
  },
  {
    it: "then has the person restored",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active } },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { ...revoked, externalId: null } } },
    ledger: { people: { old: { ...revokedByUs, bwId: "m-ada" } } },
    expect: { operations: ["member.restore old"] },
  },
  {
    it: "and linked under the external id of the entry that goes on",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active } },
    joined: { ada: "old" },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { old: { bwId: "m-ada" } } },
    expect: { operations: ["member.link old as ada@example.test, cn=ada"] },
  },
  {
    it: "lets somebody of another address be invited",
    directory: { people: { old: { ...gone, externalId: "cn=ada" }, ada: { email: "ada2@example.test" } } },
    bitwarden: { members: { old: { ...revoked, externalId: null, email: "ada@example.test" } } },
    ledger: { people: { old: { ...revokedByUs, externalId: "cn=ada" } } },
    expect: { operations: ["member.invite ada as ada2@example.test, cn=ada"] },
  },
  {
    it: "joins also with a member whose connection is gone from the configuration",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: null } } },
    ledger: { people: { "legacy/ada": managed } },
    expect: { joins: ["ada is legacy/ada"], notices: ["unclaimed legacy/ada"] },
  },
]);
