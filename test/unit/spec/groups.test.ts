import { specify } from "./specify.ts";
import { active, confirmed, gone, managed, out, unread } from "./world.ts";

specify("a new group", [
  {
    it: "is created with the people in it",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { operations: ["group.create sales as sales, cn=sales", "membership.add ada in sales"] },
  },
  {
    it: "is not created when gone or out of scope",
    directory: { groups: { sales: gone, rnd: out } },
    expect: {},
  },
  {
    it: "is not created by a connection with groups: false",
    directory: { groups: { sales: {} }, options: { groups: false } },
    expect: {},
  },
  {
    it: "is not created by a decision about something else",
    directory: { groups: { sales: {}, rnd: {} } },
    about: ["@rnd"],
    expect: { operations: ["group.create rnd as rnd, cn=rnd"] },
  },
  {
    it: "is created beside one of the same name that is not ours, and that is said",
    directory: { groups: { sales: {} } },
    bitwarden: { groups: { sales: { externalId: null, has: [] } } },
    expect: { operations: ["group.create sales as sales, cn=sales"], notices: ["same-name-unmanaged sales"] },
  },
  {
    it: "is named when the name is empty, blank or over 100 characters",
    directory: { groups: { a: { name: "" }, b: { name: "  " }, c: { name: "c".repeat(101) } } },
    expect: { notices: ["bad-group-name a", "bad-group-name b", "bad-group-name c"] },
  },
  {
    it: "may have a name of 100 and an external id of 300 characters, not of 301",
    directory: {
      groups: {
        a: { name: "a".repeat(100) },
        b: { externalId: "b".repeat(300) },
        c: { externalId: "c".repeat(301) },
      },
    },
    expect: {
      operations: [`group.create a as ${"a".repeat(100)}, cn=a`, `group.create b as b, ${"b".repeat(300)}`],
      notices: ["bad-external-id c"],
    },
  },
  {
    it: "that cannot be stored gets no members",
    directory: { people: { ada: active }, groups: { sales: { name: "", has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["bad-group-name sales"] },
  },
  {
    it: "is set aside when two groups of the directories have its external id",
    directory: { groups: { a: { externalId: "x" }, b: { externalId: "x" } } },
    expect: { notices: ["duplicate-external-id a", "duplicate-external-id b"] },
  },
  {
    it: "is created when the other group of its external id is gone, or of a connection with groups: false",
    directories: {
      ad: { groups: { a: { externalId: "x" }, b: { externalId: "x", ...gone } } },
      entra: { groups: { c: { externalId: "x" } }, options: { groups: false } },
    },
    expect: { operations: ["group.create a as a, x"] },
  },
]);

specify("a group that Bitwarden has under our external id", [
  {
    it: "is adopted, and its people follow the directory",
    directory: { people: { ada: active, bob: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed, bob: confirmed }, groups: { sales: { has: ["bob"] } } },
    ledger: { people: { ada: managed, bob: managed } },
    expect: {
      adoptions: ["group sales is g-sales"],
      operations: ["membership.add ada in sales", "membership.remove bob in sales"],
    },
  },
  {
    it: "is adopted and renamed as the directory says",
    directory: { groups: { sales: { name: "Sales" } } },
    bitwarden: { groups: { sales: { has: [] } } },
    expect: { adoptions: ["group sales is g-sales"], operations: ["group.rename sales as Sales, cn=sales"] },
  },
  {
    it: "is not adopted when gone or out of scope",
    directory: { groups: { sales: gone, rnd: out } },
    bitwarden: { groups: { sales: { has: [] }, rnd: { has: [] } } },
    expect: {},
  },
  {
    it: "is not adopted while two groups carry that external id",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: {
      members: { ada: confirmed },
      groups: { sales: { has: [] }, two: { externalId: "cn=sales", has: [] } },
    },
    ledger: { people: { ada: managed } },
    expect: { notices: ["import-poisoned bitwarden/cn=sales", "duplicate-external-id sales"] },
  },
  {
    it: "is not adopted while it is managed for another group that takes part",
    directory: { groups: { sales: {}, two: { externalId: "cn=sales" } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { notices: ["duplicate-external-id two"] },
  },
  {
    it: "is not adopted while it is managed for a group that has another external id in the directory by now",
    directory: { groups: { sales: { externalId: "cn=Sales" }, two: { externalId: "cn=sales", name: "sales" } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { notices: ["duplicate-external-id two"] },
  },
  {
    it: "is taken over from a group that is gone although managed: deleted and created again",
    directory: { groups: { old: { externalId: "cn=sales", ...gone }, sales: {} } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { old: { bwId: "g-sales", externalId: "cn=sales", name: "sales" } } },
    expect: { adoptions: ["group sales is g-sales"] },
  },
  {
    it: "is taken over from a group that is gone, and not deleted for it",
    directory: {
      people: { ada: active },
      groups: { old: { externalId: "cn=sales", ...gone }, sales: { has: ["ada"] } },
      options: { groupDeletion: "delete" },
    },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { old: { bwId: "g-sales", externalId: "cn=sales", name: "sales" } } },
    expect: { adoptions: ["group sales is g-sales"] },
  },
  {
    it: "is taken over from a group that is gone, and not emptied for it",
    directory: {
      people: { ada: active },
      groups: { old: { externalId: "cn=sales", ...gone }, sales: { has: ["ada"] } },
      options: { groupDeletion: "empty" },
    },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { old: { bwId: "g-sales", externalId: "cn=sales", name: "sales" } } },
    expect: { adoptions: ["group sales is g-sales"] },
  },
]);

specify("a managed group", [
  {
    it: "is renamed as the directory says",
    directory: { groups: { sales: { name: "Sales" } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.rename sales as Sales, cn=sales"] },
  },
  {
    it: "gets its external id again when that was cleared by hand",
    directory: { groups: { sales: {} } },
    bitwarden: { groups: { sales: { externalId: null, has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.link sales as sales, cn=sales"] },
  },
  {
    it: "gets name and external id again in one go",
    directory: { groups: { sales: { name: "Sales" } } },
    bitwarden: { groups: { sales: { externalId: null, has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.rename sales as Sales, cn=sales"] },
  },
  {
    it: "keeps the external id of its first sight when the directory renames it",
    directory: { groups: { sales: { name: "Sales", externalId: "cn=Sales" } } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.rename sales as Sales, cn=sales"] },
  },
  {
    it: "is only named when its external id was changed to another; its people still follow",
    directory: { people: { ada: active }, groups: { sales: { name: "Sales", has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { externalId: "other-tool", has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.add ada in sales"], notices: ["external-id-changed sales"] },
  },
  {
    it: "keeps its name when the new one cannot be stored; its people still follow",
    directory: { people: { ada: active }, groups: { sales: { name: "s".repeat(101), has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.add ada in sales"], notices: ["bad-group-name sales"] },
  },
  {
    it: "is left alone by a connection with groups: false",
    directory: {
      people: { ada: active },
      groups: { sales: gone },
      options: { groups: false, groupDeletion: "delete" },
    },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: {},
  },
  {
    it: "is not created again when deleted by hand, only named",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { notices: ["removed-by-hand sales"] },
  },
  {
    it: "is forgotten once gone on both sides",
    directory: { groups: { sales: gone } },
    ledger: { groups: { sales: {} } },
    expect: { forgotten: ["group sales"] },
  },
  {
    it: "is not forgotten on the word of a snapshot",
    directory: { groups: { sales: unread(out) } },
    ledger: { groups: { sales: {} } },
    expect: {},
  },
]);

specify("a managed group that left the directory", [
  {
    it: "is named and stays by default, its people untouched",
    directory: { people: { ada: active }, groups: { sales: gone } },
    bitwarden: { members: { ada: confirmed }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { notices: ["leaver-reported sales"] },
  },
  {
    it: "is read directly first, whatever is to become of it",
    directories: {
      ad: { groups: { a: unread(gone) }, options: { groupDeletion: "report" } },
      entra: { groups: { b: unread(out) }, options: { groupDeletion: "empty" } },
      okta: { groups: { c: unread(out) }, options: { groupDeletion: "delete" } },
    },
    bitwarden: { groups: { a: { has: [] }, b: { has: [] }, c: { has: [] } } },
    ledger: { groups: { a: {}, "entra/b": { externalId: "cn=b" }, "okta/c": { externalId: "cn=c" } } },
    expect: { nominations: ["group a", "group entra/b", "group okta/c"] },
  },
  {
    it: "is emptied of managed people with groupDeletion: empty",
    directory: {
      people: { ada: active },
      groups: { sales: { ...out, has: ["ada"], readAt: 2_000 } },
      options: { groupDeletion: "empty" },
    },
    bitwarden: {
      members: { ada: confirmed, eve: { externalId: null } },
      groups: { sales: { has: ["ada", "eve"] } },
    },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    expect: { operations: ["membership.remove ada in sales, proven at 2000"] },
  },
  {
    it: "is deleted with groupDeletion: delete, proven by its own read",
    directory: { groups: { sales: { ...gone, readAt: 77 } }, options: { groupDeletion: "delete" } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.delete sales, proven at 77"] },
  },
  {
    it: "is deleted also when only out of scope",
    directory: { groups: { sales: out }, options: { groupDeletion: "delete" } },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { sales: {} } },
    expect: { operations: ["group.delete sales"] },
  },
]);
