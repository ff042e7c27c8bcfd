import { expect, test } from "vitest";
import { importOf, rawClient } from "./raw.ts";
import { startBitwarden, type FakeBitwarden } from "./server.ts";

const IMPORT = "/public/organization/import";
const GUARD = "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again.";

function externalIds(bitwarden: FakeBitwarden): (string | null)[] {
  return bitwarden
    .dump()
    .members.filter(({ type }) => type !== 0)
    .map(({ externalId }) => externalId);
}

test("an import invites, makes groups, answers nothing, and repeats without effect but for the noise of events", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const payload = importOf({ a1: "Ann@Example.com", b1: "bob@example.com" }, [
    { name: "Sales", externalId: "g1", memberExternalIds: ["a1", "b1", "unknown"] },
  ]);

  const answer = await client.post(IMPORT, payload);
  const before = bitwarden.dump();
  await client.post(IMPORT, payload);

  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(before.groups).toEqual([{ name: "Sales", externalId: "g1", members: ["a1", "b1"] }]);
  expect(before.members).toMatchObject([
    { email: "ann@example.com", externalId: "a1", status: 0, type: 2 },
    { email: "bob@example.com", externalId: "b1", status: 0, type: 2 },
    { email: "owner@example.com", externalId: null, status: 2, type: 0 },
  ]);
  expect(bitwarden.dump()).toEqual(before);
  expect(bitwarden.state.outbox.map(({ to }) => to)).toEqual(["ann@example.com", "bob@example.com"]);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1500, 1500, 1400, 1401]);
});

test("linking touches nothing but the external id, needs the exact e-mail, and reaches revoked members and owners", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", type: 1 });
  bitwarden.admin.revokeMember(id);
  bitwarden.admin.addMember({ email: "Mixed@example.com" });

  await rawClient(bitwarden).post(
    IMPORT,
    importOf({ a1: "ANN@example.com", m1: "mixed@example.com", o1: "owner@example.com" }),
  );

  expect(bitwarden.dump().members).toEqual([
    { email: "Mixed@example.com", externalId: null, status: 2, type: 2 },
    { email: "ann@example.com", externalId: "a1", status: -1, type: 1 },
    { email: "owner@example.com", externalId: "o1", status: 2, type: 0 },
  ]);
});

test("an existing external id is never changed: same e-mail, new id is skipped and drops out of the group", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com", externalId: "old" });
  bitwarden.admin.addGroup({ name: "Sales", externalId: "g1", members: [id] });

  const answer = await rawClient(bitwarden).post(
    IMPORT,
    importOf({ new: "ann@example.com" }, [{ name: "Sales", externalId: "g1", memberExternalIds: ["new"] }]),
  );

  expect(answer.status).toBe(200);
  expect(externalIds(bitwarden)).toEqual(["old"]);
  expect(bitwarden.dump().groups).toEqual([{ name: "Sales", externalId: "g1", members: [] }]);
});

test("the EF dialect makes a duplicate of a merely invited member under another external id", async () => {
  await using bitwarden = await startBitwarden({ dialect: "bitwarden-ef" });
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "old", status: 0 });

  await rawClient(bitwarden).post(IMPORT, importOf({ new: "ann@example.com" }));

  expect(externalIds(bitwarden)).toEqual(["new", "old"]);
});

test("groups are matched by external id only, renamed, and replaced whole; unnamed ones are left alone", async () => {
  await using bitwarden = await startBitwarden();
  const hand = bitwarden.admin.addMember({ email: "hand@example.com" });
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1" });
  bitwarden.admin.addGroup({ name: "Sales", members: [hand.id] });
  bitwarden.admin.addGroup({ name: "Old name", externalId: "g1", members: [hand.id] });

  await rawClient(bitwarden).post(
    IMPORT,
    importOf({}, [
      { name: "New name", externalId: "g1", memberExternalIds: ["a1"] },
      { name: "Sales", externalId: "g2", memberExternalIds: [] },
    ]),
  );

  expect(bitwarden.dump().groups).toEqual([
    { name: "New name", externalId: "g1", members: ["a1"] },
    { name: "Sales", externalId: null, members: ["hand@example.com"] },
    { name: "Sales", externalId: "g2", members: [] },
  ]);
});

test("deleted items remove by external id: administrators yes, owners no, unknown ones and re-listed ones ignored", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "admin@example.com", type: 1, externalId: "admin" });
  bitwarden.admin.addMember({ email: "second@example.com", type: 0, externalId: "owner2" });
  bitwarden.admin.addMember({ email: "kept@example.com", externalId: "kept" });
  const gone = ["admin", "owner2", "unknown", "kept"].map((externalId) => ({ externalId, deleted: true }));
  const kept = { externalId: "kept", email: "kept@example.com" };

  const answer = await rawClient(bitwarden).post(IMPORT, {
    members: [...gone, kept],
    groups: [],
    overwriteExisting: false,
  });

  expect(answer.status).toBe(200);
  expect(bitwarden.dump().members.map(({ externalId }) => externalId)).toEqual(["kept", null, "owner2"]);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1503]);
});

test("overwriting is refused while a candidate has no master password, after the deletions are committed", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1" });
  bitwarden.admin.addMember({ email: "bob@example.com", externalId: "b1", status: 0 });
  const deletion = { externalId: "b1", deleted: true };

  const answer = await client.post(IMPORT, { members: [deletion], groups: [], overwriteExisting: true });

  // Even the invited member who was removed a step earlier counts.
  expect([answer.status, answer.json]).toEqual([400, { object: "error", message: GUARD, errors: null }]);
  expect(externalIds(bitwarden)).toEqual(["a1"]);
});

test("overwriting deletes who is not listed, except owners and members without an external id", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1" });
  bitwarden.admin.addMember({ email: "bob@example.com", externalId: "b1" });
  bitwarden.admin.addMember({ email: "hand@example.com" });
  bitwarden.admin.editMember("owner@example.com", { externalId: "o1" });

  await rawClient(bitwarden).post(IMPORT, importOf({ a1: "ann@example.com" }, [], { overwriteExisting: true }));

  const left = bitwarden.dump().members.map(({ email }) => email);
  expect(left).toEqual(["ann@example.com", "hand@example.com", "owner@example.com"]);
});

test("a failing mail takes the invited back, keeps links and deletions, and never reaches the groups", async () => {
  await using bitwarden = await startBitwarden({ seats: 3 });
  bitwarden.admin.addMember({ email: "link@example.com" });
  bitwarden.admin.addMember({ email: "gone@example.com", externalId: "gone" });
  bitwarden.state.organization.mailWorks = false;
  const payload = importOf({ l1: "link@example.com", n1: "a@example.com", n2: "b@example.com" }, [
    { name: "Sales", externalId: "g1", memberExternalIds: ["l1"] },
  ]);
  (payload["members"] as unknown[]).push({ externalId: "gone", deleted: true });

  const answer = await rawClient(bitwarden).post(IMPORT, payload);

  expect([answer.status, answer.json]).toMatchObject([
    400,
    { message: "Errors have occurred.", errors: { "An error has occurred.": [expect.any(String)] } },
  ]);
  expect(externalIds(bitwarden)).toEqual(["l1"]);
  expect([bitwarden.state.groups.size, bitwarden.state.organization.seats]).toEqual([0, 3]);
});

test("without the groups entitlement the members are committed, without the directory nothing is", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  bitwarden.state.organization.useGroups = false;
  const group = { name: "Sales", externalId: "g1", memberExternalIds: [] };

  const noGroups = await client.post(IMPORT, importOf({ a1: "ann@example.com" }, [group]));
  bitwarden.state.organization.useDirectory = false;
  const noDirectory = await client.post(IMPORT, importOf({ b1: "bob@example.com" }));

  expect(noGroups.json).toMatchObject({ message: "Organization cannot use groups." });
  expect(noDirectory.json).toMatchObject({ message: "Organization cannot use directory syncing." });
  expect(externalIds(bitwarden)).toEqual(["a1"]);
});

test("new people need a confirmed owner", async () => {
  await using bitwarden = await startBitwarden({ owner: null });

  const answer = await rawClient(bitwarden).post(IMPORT, importOf({ a1: "ann@example.com" }));

  const message = "Organization must have at least one confirmed owner.";
  expect([answer.status, answer.json]).toMatchObject([400, { message }]);
});

test.each([
  ["with the flag", true, 3, 0, 1523],
  ["without the flag", false, 0, 1, 1500],
])(
  "asking for no invitations %s leaves status and mails as the server decides",
  async (_name, flag, status, mails, event) => {
    await using bitwarden = await startBitwarden({ stagedFlag: flag, seats: 1, maxAutoscaleSeats: 2 });

    await rawClient(bitwarden).post(
      IMPORT,
      importOf({ a1: "ann@example.com" }, [], { inviteUsersAfterProvisioning: false }),
    );

    expect(bitwarden.dump().members[0]).toMatchObject({ externalId: "a1", status });
    expect(bitwarden.state.outbox.filter(({ kind }) => kind === "invite")).toHaveLength(mails);
    expect(bitwarden.state.events.map(({ type }) => type)).toEqual([event]);
  },
);
