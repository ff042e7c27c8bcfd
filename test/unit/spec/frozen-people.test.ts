import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revoked, revokedByUs, unread } from "./world.ts";

const ADA = { members: { ada: confirmed } };

specify("frozen people", [
  {
    it: "keep their groups while disabled and left alone",
    directory: {
      people: { ada: disabled },
      groups: { sales: { has: ["ada"] }, rnd: {} },
      options: { removeDisabled: false },
    },
    bitwarden: { ...ADA, groups: { sales: { has: [] }, rnd: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, rnd: {} } },
    expect: {},
  },
  {
    it: "keep their groups while out of scope and only reported",
    directory: { people: { ada: out }, groups: { rnd: {} }, options: { scopeExit: "report" } },
    bitwarden: { ...ADA, groups: { rnd: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { rnd: {} } },
    expect: { notices: ["leaver-reported ada"] },
  },
  {
    it: "keep their groups while a leave waits for its direct read",
    directory: { people: { ada: unread(out) }, groups: { rnd: {} } },
    bitwarden: { ...ADA, groups: { rnd: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { rnd: {} } },
    about: ["@rnd"],
    expect: {},
  },
]);

specify("guests: people of a connection with users: false", [
  {
    it: "are put into groups and taken out again",
    directory: {
      people: { ada: active },
      groups: { sales: { has: ["ada"] }, rnd: {} },
      options: { users: false },
    },
    bitwarden: { ...ADA, groups: { sales: { has: [] }, rnd: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, rnd: {} } },
    expect: { operations: ["membership.add ada in sales", "membership.remove ada in rnd"] },
  },
  {
    it: "are put into groups also by a decision about the group alone",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } }, options: { users: false } },
    bitwarden: { ...ADA, groups: { sales: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    about: ["@sales"],
    expect: { operations: ["membership.add ada in sales"] },
  },
  {
    it: "are frozen while revoked, whoever did it, in either kind of decision",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } }, options: { users: false } },
    bitwarden: { members: { ada: revoked }, groups: { sales: { has: [] } } },
    ledger: { people: { ada: revokedByUs }, groups: { sales: {} } },
    expect: {},
  },
  {
    it: "are frozen while revoked also in a decision about the group alone",
    directory: { people: { ada: active }, groups: { sales: { has: ["ada"] } }, options: { users: false } },
    bitwarden: { members: { ada: revoked }, groups: { sales: { has: [] } } },
    ledger: { people: { ada: revokedByUs }, groups: { sales: {} } },
    about: ["@sales"],
    expect: {},
  },
  {
    it: "are frozen when disabled or gone: their connection has no say in that",
    directory: {
      people: { ada: disabled, bob: gone },
      groups: { sales: { has: ["ada"] }, rnd: {} },
      options: { users: false },
    },
    bitwarden: {
      members: { ada: confirmed, bob: confirmed },
      groups: { sales: { has: [] }, rnd: { has: ["ada", "bob"] } },
    },
    ledger: { people: { ada: managed, bob: managed }, groups: { sales: {}, rnd: {} } },
    expect: {},
  },
  {
    it: "are frozen when disabled also in a decision about the group alone",
    directory: { people: { ada: disabled }, groups: { rnd: {} }, options: { users: false } },
    bitwarden: { ...ADA, groups: { rnd: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { rnd: {} } },
    about: ["@rnd"],
    expect: {},
  },
  {
    it: "take part while one of several such connections has them active",
    directories: {
      ad: { people: { ada: disabled }, groups: { sales: {} }, options: { users: false } },
      entra: {
        people: { ada: active },
        groups: { ops: { externalId: "cn=ops", has: ["ada"] } },
        options: { users: false },
      },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { ...ADA, groups: { sales: { has: [] }, ops: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { sales: {}, "entra/ops": { externalId: "cn=ops" } } },
    expect: { operations: ["membership.add ada in entra/ops"] },
  },
  {
    it: "are none where one with a voice has them disabled and leaves them alone",
    directories: {
      ad: { people: { ada: disabled }, options: { removeDisabled: false } },
      entra: {
        people: { ada: active },
        groups: { ops: { externalId: "cn=ops", has: ["ada"] } },
        options: { users: false },
      },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { ...ADA, groups: { ops: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { "entra/ops": { externalId: "cn=ops" } } },
    expect: {},
  },
  {
    it: "follow a directory with a voice where one knows them",
    directories: {
      ad: { people: { ada: gone } },
      entra: {
        people: { ada: active },
        groups: { sales: { externalId: "cn=sales", has: ["ada"] } },
        options: { users: false },
      },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { ...ADA, groups: { sales: { has: [] } } },
    ledger: { people: { ada: managed }, groups: { "entra/sales": { externalId: "cn=sales" } } },
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "are members in full where one with a voice claims them",
    directories: {
      ad: { people: { ada: active } },
      entra: {
        people: { ada: active },
        groups: { sales: { externalId: "cn=sales", has: ["ada"] } },
        options: { users: false },
      },
    },
    joined: { "entra/ada": "ada" },
    bitwarden: { groups: { sales: { has: [] } } },
    ledger: { groups: { "entra/sales": { externalId: "cn=sales" } } },
    expect: {
      operations: ["member.invite ada as ada@example.test, cn=ada", "membership.add ada in entra/sales"],
    },
  },
]);
