import { expect, test } from "vitest";
import { importOf, rawClient } from "./raw.ts";
import { startBitwarden, type FakeBitwarden } from "./server.ts";

const IMPORT = "/public/organization/import";
const INVALID = "The request's model state is invalid.";
const CRASH = { object: "error", message: "An unhandled server error has occurred.", errors: null };

async function expectCrash(bitwarden: FakeBitwarden, payload: unknown): Promise<void> {
  const answer = await rawClient(bitwarden).post(IMPORT, payload);
  expect([answer.status, answer.json]).toEqual([500, CRASH]);
}

test("two members with one external id poison every import, until one is cleared", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "same" });
  const { id } = bitwarden.admin.addMember({ email: "bob@example.com", externalId: "same" });

  await expectCrash(bitwarden, importOf({}));
  await rawClient(bitwarden).put(`/public/members/${id}`, { type: 2 });

  expect((await rawClient(bitwarden).post(IMPORT, importOf({}))).status).toBe(200);
});

test("two imported items with one external id and two e-mails create that state", async () => {
  await using bitwarden = await startBitwarden();
  const members = ["ann", "bob"].map((name) => ({ externalId: "same", email: `${name}@example.com` }));

  await rawClient(bitwarden).post(IMPORT, { members, groups: [], overwriteExisting: false });

  expect(bitwarden.dump().members.filter(({ externalId }) => externalId === "same")).toHaveLength(2);
  await expectCrash(bitwarden, importOf({}));
});

test("two groups with one external id poison imports that name any group, after the members are committed", async () => {
  await using bitwarden = await startBitwarden();
  for (const name of ["One", "Two"]) bitwarden.admin.addGroup({ name, externalId: "same" });
  const group = { name: "Other", externalId: "g1", memberExternalIds: [] };

  await expectCrash(bitwarden, importOf({ a1: "ann@example.com" }, [group]));

  expect(bitwarden.dump().members).toMatchObject([{ externalId: "a1" }, {}]);
  expect((await rawClient(bitwarden).post(IMPORT, importOf({}))).status).toBe(200);
});

test("one e-mail twice in the payload, however it is written, crashes before anybody is linked or invited", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "ann@example.com" });
  const before = bitwarden.dump();

  await expectCrash(bitwarden, importOf({ a1: "ann@example.com", a2: "ANN@example.com" }));

  expect(bitwarden.dump()).toEqual(before);
});

test("an e-mail twice is harmless when one of the two is deleted", async () => {
  await using bitwarden = await startBitwarden();
  const members = [
    { externalId: "old", email: "ann@example.com", deleted: true },
    { externalId: "new", email: "ann@example.com" },
  ];

  const answer = await rawClient(bitwarden).post(IMPORT, { members, groups: [], overwriteExisting: false });

  expect(answer.status).toBe(200);
  expect(bitwarden.dump().members[0]).toMatchObject({ externalId: "new" });
});

test("one group external id twice in the payload crashes", async () => {
  await using bitwarden = await startBitwarden();
  const group = { name: "Sales", externalId: "g1", memberExternalIds: [] };

  await expectCrash(bitwarden, importOf({}, [group, group]));

  expect(bitwarden.state.groups.size).toBe(0);
});

test("an e-mail change trap: the external id belongs to one member, the e-mail to another who has none", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "old@example.com", externalId: "a1" });
  const { id } = bitwarden.admin.addMember({ email: "new@example.com" });

  await expectCrash(bitwarden, importOf({ a1: "new@example.com" }));
  bitwarden.admin.deleteMember(id);

  expect((await rawClient(bitwarden).post(IMPORT, importOf({ a1: "new@example.com" }))).status).toBe(200);
  expect(bitwarden.dump().members[0]).toMatchObject({ email: "old@example.com", externalId: "a1" });
});

test("two unlinked members who show one e-mail crash every import of anybody, not one of groups only", async () => {
  await using bitwarden = await startBitwarden();
  for (const status of [0, 2]) bitwarden.admin.addMember({ email: "ann@example.com", status });
  const group = { name: "Sales", externalId: "g1", memberExternalIds: [] };

  await expectCrash(bitwarden, importOf({ b1: "bob@example.com" }));

  expect((await rawClient(bitwarden).post(IMPORT, importOf({}, [group]))).status).toBe(200);
});

test.each([
  ["groups absent", { members: [], overwriteExisting: false }],
  ["groups null", { members: [], groups: null, overwriteExisting: false }],
  ["members null", { members: null, groups: [], overwriteExisting: false }],
  ["a member null", { members: [null], groups: [], overwriteExisting: false }],
  ["memberExternalIds absent", { members: [], groups: [{ name: "S", externalId: "g" }], overwriteExisting: false }],
])("%s crashes", async (_name, payload) => {
  await using bitwarden = await startBitwarden();

  await expectCrash(bitwarden, payload);
});

const MEMBER = { externalId: "a1", email: "ann@example.com" };

test.each([
  [
    "overwriteExisting absent",
    { members: [], groups: [] },
    "OverwriteExisting",
    "The OverwriteExisting field is required.",
  ],
  [
    "an external id absent",
    { members: [MEMBER, { email: "b@example.com" }], groups: [], overwriteExisting: false },
    "Members[1].ExternalId",
    "The ExternalId field is required.",
  ],
  [
    "an e-mail absent",
    { members: [{ externalId: "a1" }], groups: [], overwriteExisting: false },
    "Members[0].Email",
    "Email is required for enabled members.",
  ],
  [
    "a malformed e-mail",
    { members: [{ externalId: "a1", email: "ann" }], groups: [], overwriteExisting: false },
    "Members[0].Email",
    "The Email field is not a valid e-mail address.",
  ],
  [
    "a group name too long",
    {
      members: [],
      groups: [{ name: "x".repeat(101), externalId: "g1", memberExternalIds: [] }],
      overwriteExisting: false,
    },
    "Groups[0].Name",
    "The field Name must be a string with a maximum length of 100.",
  ],
])("%s is a 400 of model validation", async (_name, payload, key, text) => {
  await using bitwarden = await startBitwarden();

  const answer = await rawClient(bitwarden).post(IMPORT, payload);

  expect([answer.status, answer.json]).toEqual([400, { object: "error", message: INVALID, errors: { [key]: [text] } }]);
});

test.each([
  ["deleted as text", { members: [{ ...MEMBER, deleted: "yes" }], groups: [], overwriteExisting: false }],
  ["deleted null", { members: [{ ...MEMBER, deleted: null }], groups: [], overwriteExisting: false }],
  ["members as object", { members: {}, groups: [], overwriteExisting: false }],
  ["an id that is an object", { members: [{ ...MEMBER, externalId: {} }], groups: [], overwriteExisting: false }],
])("%s is a 400 of JSON binding", async (_name, payload) => {
  await using bitwarden = await startBitwarden();

  const answer = await rawClient(bitwarden).post(IMPORT, payload);

  expect([answer.status, answer.json]).toMatchObject([400, { message: INVALID }]);
  expect(bitwarden.state.members.size).toBe(1);
});

test("ids may be numbers, and a single member id stands for a list", async () => {
  await using bitwarden = await startBitwarden();

  await rawClient(bitwarden).post(IMPORT, {
    members: [{ externalId: 7, email: "ann@example.com" }],
    groups: [{ name: "Sales", externalId: 8, memberExternalIds: 7 }],
    overwriteExisting: false,
  });

  expect(bitwarden.dump().groups).toEqual([{ name: "Sales", externalId: "8", members: ["7"] }]);
});

test("more than 2,000 members need largeImport in the cloud, deleted ones not counted, and never on a self-host", async () => {
  const count = 2_001;
  const names = Array.from({ length: count }, (_, index) => [`x${String(index)}`, `u${String(index)}@example.com`]);
  const payload = importOf(Object.fromEntries(names) as Record<string, string>);
  const deleted = { members: names.map(([externalId]) => ({ externalId, deleted: true })), groups: [] };
  await using cloud = await startBitwarden();
  await using selfHosted = await startBitwarden({ hosted: "self" });

  const refused = await rawClient(cloud).post(IMPORT, payload);

  expect([refused.status, refused.json]).toMatchObject([
    400,
    { message: "You cannot import this much data at once.", errors: null },
  ]);
  expect((await rawClient(cloud).post(IMPORT, { ...payload, largeImport: true })).status).toBe(200);
  expect((await rawClient(cloud).post(IMPORT, { ...deleted, overwriteExisting: false })).status).toBe(200);
  expect((await rawClient(selfHosted).post(IMPORT, payload)).status).toBe(200);
});
