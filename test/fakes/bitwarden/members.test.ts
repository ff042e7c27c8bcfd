import { expect, test } from "vitest";
import { rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const UNKNOWN_ID = "11111111-2222-4333-8444-555555555555";

test("inviting stores e-mail in lower case, external id, groups and collections, and sends one mail", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const group = bitwarden.admin.addGroup({ name: "Sales" });
  const { id } = bitwarden.admin.createCollection();
  const collections = [{ id, readOnly: true, hidePasswords: false, manage: false }];

  const answer = await client.post("/public/members", {
    email: "Ann@Example.com",
    type: 2,
    externalId: "a1",
    groups: [group.id],
    collections,
  });

  expect([answer.status, answer.json]).toMatchObject([200, { email: "ann@example.com", status: 0, collections }]);
  expect(bitwarden.dump().groups).toEqual([{ name: "Sales", externalId: null, members: ["a1"] }]);
  expect(bitwarden.state.outbox).toEqual([{ kind: "invite", to: "ann@example.com" }]);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1500]);
});

test("a known e-mail is refused, except for a merely invited member on the EF dialect", async () => {
  await using mssql = await startBitwarden();
  await using ef = await startBitwarden({ dialect: "bitwarden-ef" });
  const body = { email: "ann@example.com", type: 2 };

  for (const bitwarden of [mssql, ef]) await rawClient(bitwarden).post("/public/members", body);
  const onMssql = await rawClient(mssql).post("/public/members", { ...body, email: "ANN@example.com" });
  const onEf = await rawClient(ef).post("/public/members", body);
  ef.admin.addMember({ email: "bob@example.com" });
  const withAccount = await rawClient(ef).post("/public/members", { email: "bob@example.com", type: 2 });

  for (const answer of [onMssql, withAccount]) {
    const message = "This user has already been invited.";
    expect([answer.status, answer.json]).toEqual([400, { object: "error", message, errors: null }]);
  }
  expect(onEf.status).toBe(200);
  expect(ef.dump().members.filter(({ email }) => email === body.email)).toHaveLength(2);
});

test("nothing checks that an external id is free", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  for (const name of ["ann", "bob"]) {
    const body = { email: `${name}@example.com`, type: 2, externalId: "same" };
    expect((await client.post("/public/members", body)).status).toBe(200);
  }

  expect(bitwarden.state.membersByExternalId.hasDuplicates).toBe(true);
});

test("a failing mail or a foreign id takes the invitation back", async () => {
  await using bitwarden = await startBitwarden({ seats: 1 });
  const client = rawClient(bitwarden);
  const body = { email: "ann@example.com", type: 2 };

  const foreign = await client.post("/public/members", { ...body, groups: [UNKNOWN_ID] });
  bitwarden.state.organization.mailWorks = false;
  const noMail = await client.post("/public/members", body);

  for (const answer of [foreign, noMail]) {
    expect([answer.status, answer.json]).toMatchObject([400, { message: "Failed to invite users", errors: null }]);
  }
  expect([bitwarden.state.members.size, bitwarden.state.organization.seats]).toEqual([1, 1]);
});

test("PUT wipes collections and external id when they are absent, keeps groups, permissions and My items", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const shared = bitwarden.admin.createCollection();
  const mine = bitwarden.admin.createCollection({ kind: "my-items" });
  const permissions = { manageUsers: true };
  const created = await client.post("/public/members", {
    email: "ann@example.com",
    type: 4,
    externalId: "a1",
    permissions,
  });
  const { id } = created.json as { id: string };
  bitwarden.admin.addGroup({ name: "Sales", members: [id] });
  bitwarden.admin.grantCollections(id, [{ id: shared.id }, { id: mine.id }]);

  const answer = await client.put(`/public/members/${id}`, { type: 4 });

  expect(answer.json).toMatchObject({ externalId: null, collections: null, permissions, type: 4 });
  expect((await client.get(`/public/members/${id}`)).json).toMatchObject({ collections: [], externalId: null });
  expect(bitwarden.admin.member(id).collections.map((access) => access.id)).toEqual([mine.id]);
  expect((await client.get(`/public/members/${id}/group-ids`)).json).toHaveLength(1);
});

test("PUT replaces what is present: collections, and groups down to none", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const [old, fresh] = [bitwarden.admin.createCollection(), bitwarden.admin.createCollection()];
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1" });
  bitwarden.admin.addGroup({ name: "Sales", members: [id] });
  bitwarden.admin.grantCollections(id, [{ id: old.id }]);
  const collections = [{ id: fresh.id, readOnly: false, hidePasswords: false, manage: true }];

  await client.put(`/public/members/${id}`, { type: 1, externalId: "a2", collections, groups: [] });

  const member = (await client.get(`/public/members/${id}`)).json;
  expect(member).toMatchObject({ type: 1, externalId: "a2", collections });
  expect(bitwarden.dump().groups).toMatchObject([{ members: [] }]);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1502]);
});

test("custom roles need the Enterprise plan in PUT only", async () => {
  await using bitwarden = await startBitwarden({ plan: "teams" });
  const client = rawClient(bitwarden);

  const created = await client.post("/public/members", { email: "ann@example.com", type: 4 });
  const { id } = created.json as { id: string };
  const updated = await client.put(`/public/members/${id}`, { type: 4 });

  expect(created.status).toBe(200);
  expect(updated.text).toContain("To enable custom permissions the organization must be on an Enterprise plan.");
});

test("group-ids replaces the set, ignores unknown ids, and crashes without a list on the EF dialect", async () => {
  await using bitwarden = await startBitwarden({ dialect: "bitwarden-ef" });
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });
  const [left, joined] = ["Left", "Joined"].map((name) => bitwarden.admin.addGroup({ name }).id);
  bitwarden.admin.setGroupMembers(left ?? "", [id]);
  const path = `/public/members/${id}/group-ids`;

  const answer = await client.put(path, { groupIds: [joined, UNKNOWN_ID] });

  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect((await client.get(path)).json).toEqual([joined]);
  expect((await client.get(`/public/groups/${left ?? ""}/member-ids`)).json).toEqual([]);
  expect((await client.put(path, {})).status).toBe(500);
  expect((await client.put(path, { groupIds: [] })).status).toBe(200);
  expect((await client.get(path)).json).toEqual([]);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1504, 1504]);
});

test("group-ids without a list takes the member out of all groups on SQL Server", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });
  bitwarden.admin.addGroup({ name: "Sales", members: [id] });

  expect((await rawClient(bitwarden).put(`/public/members/${id}/group-ids`, {})).status).toBe(200);
  expect(bitwarden.dump().groups).toMatchObject([{ members: [] }]);
});

test("a group of another organization really gets the invited person, and a later change of groups takes it out", async () => {
  await using bitwarden = await startBitwarden({ dialect: "bitwarden-ef" });
  const client = rawClient(bitwarden);
  const foreign = UNKNOWN_ID;
  bitwarden.state.foreignGroups.add(foreign);

  const created = await client.post("/public/members", { email: "ann@example.com", type: 2, groups: [foreign] });
  const path = `/public/members/${(created.json as { id: string }).id}/group-ids`;

  expect((await client.get(path)).json).toEqual([foreign]);
  expect((await client.put(path, { groupIds: [] })).status).toBe(200);
  expect((await client.get(path)).json).toEqual([]);
  await client.put(path, { groupIds: [foreign] });
  expect((await client.get(path)).json).toEqual([]);
});
