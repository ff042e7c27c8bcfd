import { expect, test } from "vitest";
import { rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const UNKNOWN_ID = "11111111-2222-4333-8444-555555555555";

test("creating is not idempotent: neither name nor external id is unique", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  for (let time = 0; time < 2; time += 1) {
    const answer = await client.post("/public/groups", { name: "Sales", externalId: "g1" });
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { object: "group", name: "Sales", externalId: "g1", collections: null },
    ]);
  }

  expect((await client.get("/public/groups")).json).toMatchObject({ data: [{ collections: [] }, { name: "Sales" }] });
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1400, 1400]);
});

test("PUT keeps absent collections but answers null, clears an absent external id, leaves members alone", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const ann = bitwarden.admin.addMember({ email: "ann@example.com" });
  const group = bitwarden.admin.addGroup({ name: "Sales", externalId: "g1", members: [ann.id] });
  const { id } = bitwarden.admin.createCollection();
  bitwarden.admin.grantCollections(group.id, [{ id }]);

  const answer = await client.put(`/public/groups/${group.id}`, { name: "Sales EU" });

  expect(answer.json).toMatchObject({ name: "Sales EU", externalId: null, collections: null });
  expect((await client.get(`/public/groups/${group.id}`)).json).toMatchObject({ collections: [{ id }] });
  expect((await client.get(`/public/groups/${group.id}/member-ids`)).json).toEqual([ann.id]);
  await client.put(`/public/groups/${group.id}`, { name: "Sales EU", collections: [] });
  expect((await client.get(`/public/groups/${group.id}`)).json).toMatchObject({ collections: [] });
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1401, 1401]);
});

test("PUT refuses a missing name, an unknown collection, and My items", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addGroup({ name: "Sales" });
  const mine = bitwarden.admin.createCollection({ kind: "my-items" });

  const noName = await client.put(`/public/groups/${id}`, { externalId: "g1" });
  const unknown = await client.put(`/public/groups/${id}`, {
    name: "Sales",
    collections: [{ id: UNKNOWN_ID, readOnly: false }],
  });
  const myItems = await client.put(`/public/groups/${id}`, {
    name: "Sales",
    collections: [{ id: mine.id, readOnly: false }],
  });
  const longName = await client.post("/public/groups", { name: "x".repeat(101) });

  expect(noName.json).toMatchObject({ errors: { Name: ["The Name field is required."] } });
  expect([unknown.status, unknown.json]).toMatchObject([404, { message: "Resource not found." }]);
  expect(myItems.status).toBe(400);
  expect(longName.text).toContain("The field Name must be a string with a maximum length of 100.");
});

test("member-ids replaces the set, ignores unknown ids, empties the group without a list, and logs no event", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const [ann, bob] = ["ann", "bob"].map((name) => bitwarden.admin.addMember({ email: `${name}@example.com` }).id);
  const { id } = bitwarden.admin.addGroup({ name: "Sales", members: [ann ?? ""] });
  const path = `/public/groups/${id}/member-ids`;

  const answer = await client.put(path, { memberIds: [bob, bob, UNKNOWN_ID] });

  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect((await client.get(path)).json).toEqual([bob]);
  expect((await client.get(`/public/members/${bob ?? ""}/group-ids`)).json).toEqual([id]);
  expect((await client.get(`/public/members/${ann ?? ""}/group-ids`)).json).toEqual([]);
  expect((await client.put(path, { memberIds: null })).status).toBe(200);
  expect((await client.get(path)).json).toEqual([]);
  expect(bitwarden.state.events).toEqual([]);
});

test("deleting logs no event, is not gated by the plan, and is a 404 the second time", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const ann = bitwarden.admin.addMember({ email: "ann@example.com" });
  const { id } = bitwarden.admin.addGroup({ name: "Sales", members: [ann.id] });
  bitwarden.state.organization.useGroups = false;

  const created = await client.post("/public/groups", { name: "Other" });
  const first = await client.delete(`/public/groups/${id}`);
  const second = await client.delete(`/public/groups/${id}`);

  expect(created.json).toMatchObject({ message: "This organization cannot use groups." });
  expect([first.status, first.text, second.status]).toEqual([200, "", 404]);
  expect((await client.get(`/public/members/${ann.id}/group-ids`)).json).toEqual([]);
  expect(bitwarden.state.events).toEqual([]);
});

test("collections show the groups that reach them; PUT keeps absent groups; My items is hidden", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const group = bitwarden.admin.addGroup({ name: "Sales" });
  const { id } = bitwarden.admin.createCollection({ externalId: "c1" });
  const mine = bitwarden.admin.createCollection({ kind: "my-items" });
  bitwarden.admin.grantCollections(group.id, [{ id }]);

  await client.put(`/public/collections/${id}`, {});

  const list = (await client.get("/public/collections")).json;
  expect(list).toMatchObject({ data: [{ object: "collection", id, externalId: null, groups: [{ id: group.id }] }] });
  expect((await client.get(`/public/collections/${mine.id}`)).status).toBe(404);
  expect((await client.delete(`/public/collections/${mine.id}`)).status).toBe(400);
  await client.put(`/public/collections/${id}`, { groups: [] });
  expect((await client.get(`/public/collections/${id}`)).json).toMatchObject({ groups: [] });
  expect((await client.delete(`/public/collections/${id}`)).status).toBe(200);
});

test("events come newest first in pages of fifty, and none without the entitlement", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });
  for (let time = 0; time < 60; time += 1) await client.put(`/public/members/${id}/group-ids`, { groupIds: [] });
  await client.post(`/public/members/${id}/revoke`);
  bitwarden.state.organization.useEvents = false;
  await client.post(`/public/members/${id}/restore`);

  const first = (await client.get("/public/events")).json as { data: { type: number }[]; continuationToken: string };
  const second = await client.get(`/public/events?continuationToken=${first.continuationToken}`);
  const tooLong = await client.get("/public/events?start=2020-01-01&end=2024-01-01");

  expect([first.data.length, first.data[0]?.type]).toEqual([50, 1511]);
  expect(second.json).toMatchObject({ object: "list", continuationToken: null });
  expect((second.json as { data: unknown[] }).data).toHaveLength(11);
  expect(tooLong.json).toMatchObject({ message: "Date range must be < 367 days." });
  expect((await client.get("/public/events?start=nope")).json).toMatchObject({
    errors: { Start: ["The value 'nope' is not valid for Start."] },
  });
});
