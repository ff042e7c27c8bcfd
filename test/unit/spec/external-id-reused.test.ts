import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, revoked, revokedByUs } from "./world.ts";

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
    it: "is not given to somebody else while its first owner is in, under another external id by now",
    directory: { people: { ada: { externalId: "cn=lovelace" }, bob: { externalId: "cn=ada" } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["duplicate-external-id bob"] },
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
    expect: { joins: ["ada is legacy/ada"] },
  },
]);
