import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, revoked, revokedByUs, unread } from "./world.ts";

const ADA = { members: { ada: confirmed } };

specify("a membership", [
  {
    it: "is added when the directory has it and Bitwarden has not",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { ...ADA, groups: { sales: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.add ada in sales"] },
  },
  {
    it: "is removed when Bitwarden has it and the directory has not",
    directory: { people: { ada: active }, groups: { sales: {} } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales"] },
  },
  {
    it: "is no news when both have it",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: {},
  },
  {
    it: "of a member whom nobody manages is left alone",
    directory: { groups: { sales: {} } },
    bitwarden: { members: { eve: { externalId: null } }, groups: { sales: { has: ["eve"] } } },
    ledger: { groups: { sales: {} } },
    expect: {},
  },
  {
    it: "in a group that nobody manages is left alone",
    directory: { people: { ada: active } },
    bitwarden: { ...ADA, groups: { sales: { externalId: null, has: ["ada"] } } },
    ledger: { people: { ada: managed } },
    expect: {},
  },
  {
    it: "is judged by the ledger where Bitwarden was not read live",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed, bob: confirmed }, groups: { sales: {} } },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: { has: ["bob"] } } },
    expect: { operations: ["membership.add ada in sales", "membership.remove bob in sales"] },
  },
  {
    it: "is judged by the live list of the group rather than by the ledger",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed, bob: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: { has: ["bob"] } } },
    expect: {},
  },
  {
    it: "is judged by the live list of a person's groups rather than by the ledger",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: {
      members: { ada: confirmed, bob: confirmed },
      groups: { sales: {} },
      groupsOf: { ada: ["sales"], bob: [] },
    },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: { has: ["bob"] } } },
    expect: {},
  },
  {
    it: "found only in the live list of a person's groups is removed",
    directory: { people: { ada: active }, groups: { sales: {} } },
    bitwarden: { ...ADA, groups: { sales: {} }, groupsOf: { ada: ["sales"], stranger: ["sales"] } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales"] },
  },
  {
    it: "of a newcomer is planned with the invitation",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["member.invite ada as ada@example.test, cn=ada", "membership.add ada in sales"] },
  },
  {
    it: "of somebody who cannot be invited is not planned",
    directory: { people: { ada: { email: null } }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { notices: ["no-email ada"] },
  },
  {
    it: "of somebody whom the directory has not named yet is not planned",
    directory: { groups: { sales: { has: ["ada"] } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: {},
  },
  {
    it: "of a managed person without any claim is left alone: their connection is gone from the configuration",
    directory: { groups: { sales: {} } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { "legacy/ada": managed }, groups: { sales: {} } },
    expect: { notices: ["unclaimed legacy/ada"] },
  },
]);

specify("whom a decision about memberships concerns", [
  {
    it: "a person: all their groups, and nobody else's",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["bob"] }, rnd: { has: ["ada"] } } },
    bitwarden: {
      members: { ada: confirmed, bob: confirmed },
      groups: { sales: { has: ["ada"] }, rnd: { has: ["bob"] } },
    },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: {}, rnd: {} } },
    about: ["ada"],
    expect: { operations: ["membership.remove ada in sales", "membership.add ada in rnd"] },
  },
  {
    it: "a group: all its people, and no other group",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["bob"] }, rnd: { has: ["ada"] } } },
    bitwarden: {
      members: { ada: confirmed, bob: confirmed },
      groups: { sales: { has: ["ada"] }, rnd: { has: ["bob"] } },
    },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: {}, rnd: {} } },
    about: ["@sales"],
    expect: { operations: ["membership.remove ada in sales", "membership.add bob in sales"] },
  },
  {
    it: "a group: people who are frozen or absent stay so",
    directory: {
      people: { ada: gone, bob: active, cy: active, dan: disabled, eve: active, fay: active },
      groups: { sales: { has: ["bob", "cy", "dan", "eve", "fay"] } },
    },
    bitwarden: {
      members: { ada: confirmed, bob: revoked, dan: confirmed, eve: revoked },
      groups: { sales: { has: ["ada"] } },
    },
    ledger: {
      people: { ada: managed, bob: { status: -1 }, cy: managed, dan: managed, eve: revokedByUs },
      groups: { sales: {} },
    },
    about: ["@sales"],
    expect: { operations: ["membership.add eve in sales"] },
  },
  {
    it: "a person: not in groups that are gone on either side, or whose connection has groups: false",
    directories: {
      ad: { people: { ada: active }, groups: { sales: { has: ["ada"], ...gone }, rnd: { has: ["ada"] } } },
      entra: { groups: { ops: { has: [] } }, options: { groups: false } },
    },
    bitwarden: { ...ADA, groups: { sales: { has: [] }, ops: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, rnd: {}, "entra/ops": {} } },
    about: ["ada"],
    expect: {},
  },
  {
    it: "a person: in no group that is not managed yet",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: ADA,
    ledger: { people: { ada: managed } },
    about: ["ada"],
    expect: {},
  },
]);

specify("nested groups", [
  {
    it: "lend their people to the groups around them, at any depth",
    directory: {
      people: { ada: active },
      groups: { all: { has: ["@dev"] }, dev: { has: ["@web"] }, web: { has: ["ada"] } },
    },
    bitwarden: { ...ADA, groups: { all: { has: [] }, dev: { has: [] }, web: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { all: {}, dev: {}, web: {} } },
    expect: { operations: ["membership.add ada in all", "membership.add ada in dev", "membership.add ada in web"] },
  },
  {
    it: "may contain each other",
    directory: { people: { ada: active }, groups: { a: { has: ["@b"] }, b: { has: ["@a", "ada"] } } },
    bitwarden: { ...ADA, groups: { a: { has: [] }, b: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { a: {}, b: {} } },
    expect: { operations: ["membership.add ada in a"] },
  },
  {
    it: "keep somebody in the outer group who left only its own list",
    directory: { people: { ada: active }, groups: { all: { has: ["@dev"] }, dev: { has: ["ada"] } } },
    bitwarden: { ...ADA, groups: { all: { has: ["ada"] }, dev: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { all: {}, dev: {} } },
    expect: {},
  },
]);

specify("the proof behind a lost membership", [
  {
    it: "is the list of the group",
    directory: { people: { ada: unread({ readAt: 900 }) }, groups: { sales: { readAt: 500 } } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 500"] },
  },
  {
    it: "is a later direct read of the person",
    directory: { people: { ada: { readAt: 900 } }, groups: { sales: { readAt: 500 } } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 900"] },
  },
  {
    it: "is the list of the group when that is later",
    directory: { people: { ada: { readAt: 400 } }, groups: { sales: { readAt: 500 } } },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 500"] },
  },
  {
    it: "is the oldest of the lists of the group and of those nested in it",
    directory: {
      people: { ada: unread({ readAt: 100 }) },
      groups: { sales: { readAt: 500, has: ["@emea"] }, emea: { readAt: 200 } },
    },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] }, emea: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, emea: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 200"] },
  },
  {
    it: "that a group lost its place is the group's own read, whenever the person was read",
    directory: {
      people: { ada: { readAt: 900 } },
      groups: { sales: { state: "out", has: ["ada"], readAt: 500 } },
      options: { groupDeletion: "empty" },
    },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    about: ["ada"],
    expect: { operations: ["membership.remove ada in sales, proven at 500"] },
  },
  {
    it: "is not a read of the person by another directory, which says nothing of this group",
    directories: {
      ad: { people: { ada: unread({ readAt: 100 }) }, groups: { sales: { readAt: 500 } } },
      entra: { people: { ada: { readAt: 900 } } },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { ...ADA, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 500"] },
  },
]);
