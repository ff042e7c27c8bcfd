import { expect, test } from "vitest";
import { importOf, rawClient, type RawAnswer } from "./raw.ts";
import type { BitwardenOptions } from "./options.ts";
import { startBitwarden } from "./server.ts";

const IMPORT = "/public/organization/import";
const ANN = { email: "ann@example.com", type: 2 };

interface Refusals {
  post: string;
  import: string;
  /** The import's second shape, for what fails behind the insert. */
  inInvite?: boolean;
  restore: string;
}

const CAP = "Seat limit has been reached.";
const SELF = "Cannot autoscale on self-hosted instance.";
const PLAN = "Plan does not allow additional seats.";
const PAYMENT = "No payment method found.";
const cases: [string, BitwardenOptions, boolean, Refusals][] = [
  ["a capped cloud plan", { seats: 1, maxAutoscaleSeats: 1 }, true, { post: CAP, import: CAP, restore: CAP }],
  [
    "a self-host",
    { seats: 1, hosted: "self" },
    true,
    { post: "Cannot auto scale self-host.", import: SELF, restore: SELF },
  ],
  [
    "Teams Starter",
    { seats: 1, plan: "teams-starter" },
    true,
    { post: PLAN, import: PLAN, inInvite: true, restore: PLAN },
  ],
  ["no payment method", { seats: 1 }, false, { post: PAYMENT, import: PAYMENT, inInvite: true, restore: PAYMENT }],
];

function textOf(answer: RawAnswer, inInvite = false): unknown {
  const { message, errors } = answer.json as { message: string; errors: Record<string, string[]> | null };
  if (!inInvite) return message;
  return message === "Errors have occurred." ? errors?.["An error has occurred."]?.[0] : message;
}

test.each(cases)(
  "%s without a free seat refuses invitation, import and restore",
  async (_name, options, pays, texts) => {
    await using bitwarden = await startBitwarden(options);
    bitwarden.state.organization.hasPayment = pays;
    const client = rawClient(bitwarden);
    const { id } = bitwarden.admin.addMember({ email: "revoked@example.com" });
    bitwarden.admin.revokeMember(id);
    const before = bitwarden.dump();

    const invited = await client.post("/public/members", ANN);
    const imported = await client.post(IMPORT, importOf({ a1: "ann@example.com" }));
    const restored = await client.post(`/public/members/${id}/restore`);

    expect([invited.status, imported.status, restored.status]).toEqual([400, 400, 400]);
    expect(textOf(invited)).toBe(texts.post);
    expect(textOf(imported, texts.inInvite)).toBe(texts.import);
    expect(textOf(restored)).toBe(texts.restore);
    expect(bitwarden.dump()).toEqual(before);
    expect(bitwarden.state.organization.seats).toBe(1);
  },
);

test("without a cap seats are bought silently, and the owners hear of the first time", async () => {
  await using bitwarden = await startBitwarden({ seats: 1 });
  const client = rawClient(bitwarden);

  await client.post("/public/members", ANN);
  await client.post(IMPORT, importOf({ b1: "bob@example.com", c1: "cid@example.com" }));

  expect(bitwarden.state.organization.seats).toBe(4);
  expect(bitwarden.state.purchases).toEqual([1, 2]);
  expect(bitwarden.state.outbox.filter(({ kind }) => kind === "seats-bought")).toHaveLength(1);
});

test("Teams Starter has ten seats, revoked and staged members occupy none", async () => {
  await using bitwarden = await startBitwarden({ plan: "teams-starter" });
  for (const status of [-1, 3]) bitwarden.admin.addMember({ email: `free${String(status)}@example.com`, status });
  for (let n = 0; n < 8; n += 1) bitwarden.admin.addMember({ email: `u${String(n)}@example.com`, status: n % 3 });
  const client = rawClient(bitwarden);

  const tenth = await client.post("/public/members", ANN);
  const eleventh = await client.post("/public/members", { ...ANN, email: "bob@example.com" });

  expect([tenth.status, eleventh.status]).toEqual([200, 400]);
});

test("an organization above its seats cannot even import groups on a self-host", async () => {
  await using bitwarden = await startBitwarden({ seats: 1, hosted: "self" });
  bitwarden.admin.addMember({ email: "ann@example.com", externalId: "a1" });
  const group = { name: "Sales", externalId: "g1", memberExternalIds: ["a1"] };

  const answer = await rawClient(bitwarden).post(IMPORT, importOf({}, [group]));

  expect([answer.status, answer.json]).toMatchObject([400, { message: SELF, errors: null }]);
  expect(bitwarden.state.groups.size).toBe(0);
});

test("a purchase refused by billing keeps the links that were made before it", async () => {
  await using bitwarden = await startBitwarden({ plan: "teams-starter", seats: 2 });
  bitwarden.admin.addMember({ email: "link@example.com" });

  await rawClient(bitwarden).post(IMPORT, importOf({ l1: "link@example.com", n1: "new@example.com" }));

  expect(bitwarden.dump().members.map(({ externalId }) => externalId)).toEqual(["l1", null]);
});

test("the subscription tells the seats in the cloud only", async () => {
  await using cloud = await startBitwarden({ seats: 7, maxAutoscaleSeats: 9 });
  await using selfHosted = await startBitwarden({ hosted: "self" });
  const path = "/public/organization/subscription";

  expect((await rawClient(cloud).get(path)).json).toMatchObject({
    passwordManager: { seats: 7, maxAutoScaleSeats: 9 },
  });
  expect((await rawClient(selfHosted).get(path)).json).toMatchObject({ message: "Only allowed when not self hosted." });
});
