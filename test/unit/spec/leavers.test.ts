import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revoked, revokedByUs, unread } from "./world.ts";

const MEMBER = { bitwarden: { members: { ada: confirmed } }, ledger: { people: { ada: managed } } };
const REVOKED = { bitwarden: { members: { ada: revoked } }, ledger: { people: { ada: revokedByUs } } };

specify("a leaver", [
  {
    it: "is revoked once a direct read has said gone",
    directory: { people: { ada: gone } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is revoked once a direct read has said disabled",
    directory: { people: { ada: disabled } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is revoked once a direct read has said out of scope",
    directory: { people: { ada: out } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is read directly, and keeps access, while only a snapshot says so",
    directory: { people: { ada: unread(disabled) } },
    ...MEMBER,
    expect: { nominations: ["user ada"] },
  },
  {
    it: "carries the time of the read that proves it",
    directory: { people: { ada: { ...gone, readAt: 77 } } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada, proven at 77"] },
  },
  {
    it: "is left alone by a decision about somebody else",
    directory: { people: { ada: gone, bob: active } },
    ...MEMBER,
    about: ["bob"],
    expect: { operations: ["member.invite bob as bob@example.test, cn=bob"] },
  },
  {
    it: "is left alone by a connection with users: false",
    directory: { people: { ada: gone }, options: { users: false } },
    ...MEMBER,
    expect: {},
  },
  {
    it: "stays when disabled and removeDisabled is false",
    directory: { people: { ada: disabled }, options: { removeDisabled: false } },
    ...MEMBER,
    expect: {},
  },
  {
    it: "is revoked when gone, although removeDisabled is false",
    directory: { people: { ada: gone }, options: { removeDisabled: false } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "keeps the groups: a restore finds everything as it was",
    directory: { people: { ada: gone }, groups: { sales: { has: [] } } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is not chased when revoked already, by us or by hand",
    directory: { people: { ada: gone, bob: unread(disabled) } },
    bitwarden: { members: { ada: revoked, bob: revoked } },
    ledger: { people: { ada: revokedByUs, bob: managed } },
    expect: {},
  },
]);

specify("a leaver with leaver: remove", [
  {
    it: "is removed once a direct read has said so",
    directory: { people: { ada: gone }, options: { leaver: "remove" } },
    ...MEMBER,
    expect: { operations: ["member.remove ada"] },
  },
  {
    it: "is read directly first",
    directory: { people: { ada: unread(gone) }, options: { leaver: "remove" } },
    ...MEMBER,
    expect: { nominations: ["user ada"] },
  },
  {
    it: "is removed also when revoked already",
    directory: { people: { ada: gone }, options: { leaver: "remove" } },
    ...REVOKED,
    expect: { operations: ["member.remove ada"] },
  },
  {
    it: "is read directly first also when revoked already",
    directory: { people: { ada: unread(gone) }, options: { leaver: "remove" } },
    ...REVOKED,
    expect: { nominations: ["user ada"] },
  },
  {
    it: "is only revoked for leaving the scope: scopeExit decides that",
    directory: { people: { ada: out }, options: { leaver: "remove" } },
    ...MEMBER,
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is removed for leaving the scope when scopeExit says so",
    directory: { people: { ada: out, bob: gone }, options: { scopeExit: "remove" } },
    bitwarden: { members: { ada: confirmed, bob: confirmed } },
    ledger: { people: { ada: managed, bob: managed } },
    expect: { operations: ["member.remove ada", "member.revoke bob"] },
  },
]);

specify("a leaver with leaver: report", [
  {
    it: "is named and keeps access",
    directory: { people: { ada: gone }, options: { leaver: "report" } },
    ...MEMBER,
    expect: { notices: ["leaver-reported ada"] },
  },
  {
    it: "is read directly before being named",
    directory: { people: { ada: unread(disabled) }, options: { leaver: "report" } },
    ...MEMBER,
    expect: { nominations: ["user ada"] },
  },
  {
    it: "is not named when revoked already",
    directory: { people: { ada: gone }, options: { leaver: "report" } },
    ...REVOKED,
    expect: {},
  },
  {
    it: "is named for leaving the scope when scopeExit says report",
    directory: { people: { ada: out }, options: { scopeExit: "report" } },
    ...MEMBER,
    expect: { notices: ["leaver-reported ada"] },
  },
]);

specify("a leaver who is not managed", [
  {
    it: "is named when a member of that address has access",
    directory: { people: { ada: gone } },
    bitwarden: { members: { ada: { externalId: null } } },
    expect: { notices: ["unmanaged-leaver ada"] },
  },
  {
    it: "is named whatever the case of the address in Bitwarden, and also for another tool's member",
    directory: { people: { ada: disabled } },
    bitwarden: { members: { ada: { email: "ADA@example.test", externalId: "other-tool" } } },
    complete: false,
    expect: { notices: ["unmanaged-leaver ada"] },
  },
  {
    it: "is not named when that member is revoked, nor without a member or an address",
    directory: { people: { ada: gone, bob: gone, cy: { email: null, ...gone } } },
    bitwarden: { members: { ada: { ...revoked, externalId: null } } },
    expect: {},
  },
  {
    it: "is not named when that member is managed for somebody who is in",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active } },
    ...MEMBER,
    expect: {},
  },
  {
    it: "is not named when somebody who is in has the address: the member is theirs",
    directory: { people: { old: { email: "ada@example.test", ...gone }, ada: active } },
    bitwarden: { members: { ada: { externalId: null } } },
    expect: { operations: ["member.link ada as ada@example.test, cn=ada"] },
  },
  {
    it: "is not named when the member of that external id is managed for somebody who is in",
    directory: { people: { old: { externalId: "cn=ada", email: "old@example.test", ...gone }, ada: active } },
    ...MEMBER,
    expect: {},
  },
  {
    it: "is named when two who left had one external id: neither can be told to be theirs",
    directory: { people: { ada: gone, bob: { externalId: "cn=ada", ...gone } } },
    bitwarden: { members: { ada: confirmed } },
    expect: { notices: ["unmanaged-leaver ada", "unmanaged-leaver bob"] },
  },
  {
    it: "is adopted and revoked for who is disabled rather than for a predecessor who is gone",
    directory: { people: { old: { externalId: "cn=ada", ...gone }, ada: disabled } },
    bitwarden: { members: { ada: confirmed } },
    expect: { adoptions: ["user ada is m-ada"], operations: ["member.revoke ada"] },
  },
  {
    it: "is named when two members carry the external id: neither can be told to be theirs",
    directory: { people: { ada: gone } },
    bitwarden: { members: { ada: confirmed, eve: { externalId: "cn=ada" } } },
    expect: { notices: ["import-poisoned bitwarden/cn=ada", "duplicate-external-id ada", "unmanaged-leaver ada"] },
  },
]);

specify("somebody who comes back", [
  {
    it: "is restored when the bridge had revoked them",
    directory: { people: { ada: active } },
    ...REVOKED,
    expect: { operations: ["member.restore ada"] },
  },
  {
    it: "is restored on the word of a snapshot",
    directory: { people: { ada: unread(active) } },
    ...REVOKED,
    expect: { operations: ["member.restore ada"] },
  },
  {
    it: "is not restored when revoked by hand, only named",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: revoked } },
    ledger: { people: { ada: { status: -1 } } },
    expect: { notices: ["revoked-by-hand ada"] },
  },
  {
    it: "has groups corrected on the way back: what was lost meanwhile does not come back for a moment",
    directory: { people: { ada: active }, groups: { sales: { has: [] }, rnd: { has: ["ada"] } } },
    bitwarden: { members: { ada: revoked }, groups: { sales: { has: ["ada"] }, rnd: { has: [] } } },
    ledger: { people: { ada: revokedByUs }, groups: { sales: {}, rnd: {} } },
    expect: {
      operations: ["member.restore ada", "membership.add ada in rnd", "membership.remove ada in sales"],
    },
  },
  {
    it: "keeps the groups as they are when revoked by hand",
    directory: { people: { ada: active }, groups: { sales: { has: [] }, rnd: { has: ["ada"] } } },
    bitwarden: { members: { ada: revoked }, groups: { sales: { has: ["ada"] }, rnd: { has: [] } } },
    ledger: { people: { ada: { status: -1 } }, groups: { sales: {}, rnd: {} } },
    expect: { notices: ["revoked-by-hand ada"] },
  },
  {
    it: "is not restored by a connection with users: false",
    directory: { people: { ada: active }, options: { users: false } },
    ...REVOKED,
    expect: {},
  },
  {
    it: "is not restored when only disabled and left alone",
    directory: { people: { ada: disabled }, options: { removeDisabled: false } },
    ...REVOKED,
    expect: {},
  },
]);
