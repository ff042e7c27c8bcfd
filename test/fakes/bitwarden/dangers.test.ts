import { expect, test } from "vitest";
import { importOf, rawClient } from "./raw.ts";
import { startBitwarden, type FakeBitwarden } from "./server.ts";

/** What looks harmless to a client and is not: rules of the vendor's contract, in combinations. */

const IMPORT = "/public/organization/import";
const MEMBERS = "/public/members";

async function start(): Promise<FakeBitwarden> {
  return startBitwarden({ dialect: "bitwarden-ef", hosted: "self" });
}

function mailed({ state }: FakeBitwarden): string[] {
  return state.outbox.map(({ to }) => to);
}

function shown({ state }: FakeBitwarden, email: string): (string | null)[] {
  return [...state.members.values()]
    .filter((member) => (member.account?.email ?? member.email) === email)
    .map(({ externalId }) => externalId);
}

test.each([
  ["null", { memberIds: null }],
  ["absent", {}],
  ["misspelt", { memberIDz: ["x"] }],
  ["under the name of the other endpoint", { groupIds: [] }],
])("member-ids %s empties the group of everyone, invited and revoked people included", async (_name, body) => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  const ids = [0, 2, -1].map((status) => bitwarden.admin.addMember({ email: `m${String(status)}@x.test`, status }).id);
  const { id } = bitwarden.admin.addGroup({ name: "Sales", members: ids });

  const answer = await client.put(`/public/groups/${id}/member-ids`, body);

  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(bitwarden.dump().groups).toMatchObject([{ members: [] }]);
  expect(bitwarden.state.events).toEqual([]);
});

test("member-ids that cannot be read leaves the group alone, as does an id that is unknown", async () => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  const ann = bitwarden.admin.addMember({ email: "ann@x.test" });
  const { id } = bitwarden.admin.addGroup({ name: "Sales", members: [ann.id] });

  for (const memberIds of ["x", [null], [`{${ann.id}}`], ["x"]]) {
    expect((await client.put(`/public/groups/${id}/member-ids`, { memberIds })).status).toBe(400);
  }

  expect((await client.put(`/public/groups/${crypto.randomUUID()}/member-ids`, {})).status).toBe(404);
  expect(bitwarden.dump().groups).toMatchObject([{ members: ["ann@x.test"] }]);
});

test("spelling: an account is known only exactly as it is stored, for POST as sent and for the import in lower case", async () => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  bitwarden.admin.addMember({ email: "Ann@X.test" });
  bitwarden.admin.addMember({ email: "bob@x.test", externalId: "old" });

  const statuses = [
    await client.post(MEMBERS, { email: "Ann@X.test", type: 2 }),
    await client.post(MEMBERS, { email: "bob@x.test", type: 2 }),
    await client.post(MEMBERS, { email: "BOB@x.test", type: 2, externalId: "typed" }),
  ].map(({ status }) => status);
  const imported = await client.post(IMPORT, importOf({ a1: "Ann@X.test", b1: "BOB@x.test" }));

  expect(statuses).toEqual([400, 400, 200]);
  expect(imported.status).toBe(200);
  expect([shown(bitwarden, "Ann@X.test"), shown(bitwarden, "ann@x.test")]).toEqual([[null], ["a1"]]);
  // Bob's account is known in lower case, so the import neither links nor invites him.
  expect(shown(bitwarden, "bob@x.test")).toEqual(["old", "typed"]);
  expect(mailed(bitwarden)).toEqual(["bob@x.test", "ann@x.test"]);
});

test("spelling: a second membership takes the group of the first, and the next import does not heal it", async () => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  const ann = bitwarden.admin.addMember({ email: "Ann@X.test" });
  bitwarden.admin.addGroup({ name: "Sales", externalId: "g1", members: [ann.id] });
  const group = { name: "Sales", externalId: "g1", memberExternalIds: ["a1"] };

  for (let time = 0; time < 2; time += 1) await client.post(IMPORT, importOf({ a1: "Ann@X.test" }, [group]));

  expect(bitwarden.dump().groups).toMatchObject([{ members: ["a1"] }]);
  expect(shown(bitwarden, "ann@x.test")).toEqual(["a1"]);
  expect(shown(bitwarden, "Ann@X.test")).toEqual([null]);
  expect(mailed(bitwarden)).toEqual(["ann@x.test"]);
});

test("on SQL Server spelling does not matter: refused, and skipped by the import", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  bitwarden.admin.addMember({ email: "Ann@X.test" });

  const invited = await client.post(MEMBERS, { email: "ann@x.test", type: 2 });
  const imported = await client.post(IMPORT, importOf({ a1: "Ann@X.test" }));

  expect([invited.status, imported.status]).toEqual([400, 200]);
  expect(bitwarden.state.members.size).toBe(2);
  expect(mailed(bitwarden)).toEqual([]);
});

test.each([
  ["a group without memberExternalIds", [{ name: "S", externalId: "g1" }]],
  ["a group that is null behind a good one", [{ name: "S", externalId: "g1", memberExternalIds: [] }, null]],
  ["one external id twice", ["S", "T"].map((name) => ({ name, externalId: "g1", memberExternalIds: ["a1"] }))],
])("an import that answers 500 for %s has removed, linked, added and mailed people", async (_name, groups) => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  bitwarden.admin.addMember({ email: "gone@x.test", externalId: "gone" });
  bitwarden.admin.addMember({ email: "link@x.test" });
  const members = [
    { externalId: "gone", deleted: true },
    { externalId: "l1", email: "link@x.test" },
    { externalId: "a1", email: "ann@x.test" },
  ];

  const first = await client.post(IMPORT, { members, groups, overwriteExisting: false });
  const again = await client.post(IMPORT, { members, groups, overwriteExisting: false });

  expect([first.status, again.status]).toEqual([500, 500]);
  expect(bitwarden.dump().members.map(({ externalId }) => externalId)).toEqual(["a1", "l1", null]);
  expect(bitwarden.state.groups.size).toBe(0);
  expect(mailed(bitwarden)).toEqual(["ann@x.test"]);
  // The deletion is lost to the event log.
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1500]);
});

test.each([
  ["the plan has no groups", { useGroups: false }],
  ["a mail fails", { mailWorks: false }],
])("an import refused because %s keeps its deletions and links", async (_name, patch) => {
  await using bitwarden = await start();
  bitwarden.admin.addMember({ email: "gone@x.test", externalId: "gone" });
  bitwarden.admin.addMember({ email: "link@x.test" });
  Object.assign(bitwarden.state.organization, patch);
  const members = [
    { externalId: "gone", deleted: true },
    { externalId: "l1", email: "link@x.test" },
    { externalId: "a1", email: "ann@x.test" },
  ];
  const groups = [{ name: "S", externalId: "g1", memberExternalIds: ["a1"] }];

  const answer = await rawClient(bitwarden).post(IMPORT, { members, groups, overwriteExisting: false });

  const kept = bitwarden.dump().members.map(({ externalId }) => externalId);
  expect([answer.status, kept]).toEqual([400, "useGroups" in patch ? ["a1", "l1", null] : ["l1", null]]);
  expect(bitwarden.state.groups.size).toBe(0);
});

test("a repeated id in POST members adds nobody, mails nobody and buys no seat", async () => {
  await using bitwarden = await startBitwarden({ dialect: "bitwarden-ef", seats: 1 });
  const client = rawClient(bitwarden);
  const group = bitwarden.admin.addGroup({ name: "Sales" });

  const answer = await client.post(MEMBERS, { email: "a@x.test", type: 2, groups: [group.id, group.id.toUpperCase()] });

  expect([answer.status, answer.json]).toMatchObject([400, { message: "Failed to invite users" }]);
  expect([bitwarden.state.members.size, bitwarden.state.organization.seats]).toEqual([1, 1]);
  expect(mailed(bitwarden)).toEqual([]);
});

test("a repeated collection in POST groups leaves the group, so that a retry makes the poison of two", async () => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.createCollection();
  const collections = [true, false].map((readOnly) => ({ id, readOnly }));
  const body = { name: "Sales", externalId: "g1", collections };

  const statuses = [await client.post("/public/groups", body), await client.post("/public/groups", body)];
  const imported = await client.post(
    IMPORT,
    importOf({ a1: "ann@x.test" }, [{ name: "Other", externalId: "g2", memberExternalIds: [] }]),
  );

  expect([...statuses, imported].map(({ status }) => status)).toEqual([500, 500, 500]);
  expect([...bitwarden.state.groups.values()].map(({ collections: held }) => held)).toEqual([[], []]);
  expect(mailed(bitwarden)).toEqual(["ann@x.test"]);
});

test("a repeated new collection in PUT stores one half; one that is held already is only overwritten", async () => {
  await using bitwarden = await start();
  const client = rawClient(bitwarden);
  const [held, fresh] = [bitwarden.admin.createCollection().id, bitwarden.admin.createCollection().id];
  const { id } = bitwarden.admin.addMember({ email: "ann@x.test", externalId: "a1" });
  const group = bitwarden.admin.addGroup({ name: "Sales", members: [id] });
  bitwarden.admin.grantCollections(id, [{ id: held }]);
  const twice = (collection: string): object[] =>
    [true, false].map((hidePasswords) => ({ id: collection, readOnly: true, hidePasswords }));

  const fine = await client.put(`${MEMBERS}/${id}`, { type: 2, externalId: "a2", collections: twice(held) });
  const crashed = await client.put(`${MEMBERS}/${id}`, { type: 1, collections: twice(fresh), groups: [] });

  expect([fine.status, crashed.status]).toEqual([200, 500]);
  expect(bitwarden.admin.member(id)).toMatchObject({
    type: 1,
    externalId: null,
    collections: [{ id: held, readOnly: true, hidePasswords: false }],
  });
  expect(bitwarden.state.groupMembers.get(group.id)).toEqual(new Set([id]));
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1502]);
});
