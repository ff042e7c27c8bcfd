import { expect, test } from "vitest";
import { askToken, rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const NO_OWNER = "Organization must have at least one confirmed owner.";

test("the last confirmed owner cannot be demoted, revoked or deleted", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.member("owner@example.com");

  const answers = [
    await client.put(`/public/members/${id}`, { type: 2 }),
    await client.post(`/public/members/${id}/revoke`),
    await client.delete(`/public/members/${id}`),
  ];
  bitwarden.admin.addMember({ email: "second@example.com", type: 0 });

  for (const answer of answers) expect([answer.status, answer.json]).toMatchObject([400, { message: NO_OWNER }]);
  expect((await client.delete(`/public/members/${id}`)).status).toBe(200);
});

test("deleting takes the memberships along; the second time is a 404", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });
  const group = bitwarden.admin.addGroup({ name: "Sales", members: [id] });

  const first = await client.delete(`/public/members/${id}`);
  const second = await client.delete(`/public/members/${id}`);

  expect([first.status, first.text, second.status, second.text]).toEqual([200, "", 404, ""]);
  expect((await client.get(`/public/groups/${group.id}/member-ids`)).json).toEqual([]);
});

test.each([0, 1, 2, 3])("restoring brings back status %i, and keeps external id and groups", async (status) => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1", status });
  bitwarden.admin.addGroup({ name: "Sales", members: [id] });
  const before = bitwarden.dump();

  const first = await client.post(`/public/members/${id}/revoke`);
  const again = await client.post(`/public/members/${id}/revoke`);
  const revoked = bitwarden.admin.member(id).status;
  const back = await client.post(`/public/members/${id}/restore`);
  const backAgain = await client.post(`/public/members/${id}/restore`);

  expect([first.status, first.text, revoked, back.status]).toEqual([200, "", -1, 200]);
  expect(again.json).toMatchObject({ message: "Already revoked." });
  expect(backAgain.json).toMatchObject({ message: "Already active." });
  expect(bitwarden.dump()).toEqual(before);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1511, 1512]);
  expect(bitwarden.state.outbox).toEqual([]);
});

test("a restore can fail on the two-step policy", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", status: 2 });
  bitwarden.admin.revokeMember(id);
  bitwarden.admin.setPolicy(0, true);

  const answer = await rawClient(bitwarden).post(`/public/members/${id}/restore`);

  const message = "ann@example.com is not compliant with the two-step login policy.";
  expect([answer.status, answer.json]).toMatchObject([400, { message }]);
});

test("servers before 2026.2.0 know no revoke and no restore", async () => {
  await using bitwarden = await startBitwarden({ version: "2026.1.1" });
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });

  const answer = await rawClient(bitwarden).post(`/public/members/${id}/revoke`);

  expect(answer.status).toBe(404);
  expect((await askToken(bitwarden)).status).toBe(200);
});

test("reinvite mails an invited member each time and refuses the others", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", status: 0 });

  for (let time = 0; time < 2; time += 1) await client.post(`/public/members/${id}/reinvite`);
  bitwarden.admin.acceptMember(id);
  const refused = await client.post(`/public/members/${id}/reinvite`);

  expect(bitwarden.state.outbox).toHaveLength(2);
  expect([refused.status, refused.json]).toMatchObject([400, { message: "User invalid." }]);
});

test("reinviting crashes when the mail fails", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", status: 0 });
  bitwarden.state.organization.mailWorks = false;

  expect((await rawClient(bitwarden).post(`/public/members/${id}/reinvite`)).status).toBe(500);
  expect(bitwarden.state.outbox).toEqual([]);
});

test("without a confirmed owner others can be revoked and deleted, but nobody changed by PUT unless to an owner", async () => {
  await using bitwarden = await startBitwarden({ owner: null });
  const client = rawClient(bitwarden);
  const path = `/public/members/${bitwarden.admin.addMember({ email: "ann@example.com" }).id}`;

  const statuses = [
    await client.post(`${path}/revoke`),
    await client.post(`${path}/restore`),
    await client.put(path, { type: 2 }),
    await client.put(path, { type: 0 }),
    await client.delete(path),
  ].map(({ status }) => status);

  expect(statuses).toEqual([200, 200, 400, 200, 400]);
});
