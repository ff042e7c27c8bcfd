import { expect, test } from "vitest";
import { rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

test("two-step login revokes who has joined without it, spares owners and administrators, and only when it is turned on", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  for (const type of [1, 2, 4]) bitwarden.admin.addMember({ email: `t${String(type)}@x.test`, type });
  bitwarden.admin.addMember({ email: "safe@x.test", twoFactor: true });
  for (const status of [0, 1, 3]) bitwarden.admin.addMember({ email: `s${String(status)}@x.test`, status });

  const on = await client.put("/public/policies/0", { enabled: true });
  const joinedLater = bitwarden.admin.addMember({ email: "later@x.test" });
  await client.put("/public/policies/0", { enabled: true });

  const revoked = bitwarden.dump().members.filter(({ status }) => status === -1);
  expect([on.status, on.json]).toMatchObject([200, { object: "policy", type: 0, enabled: true, data: null }]);
  expect(revoked.map(({ email }) => email)).toEqual(["s1@x.test", "t2@x.test", "t4@x.test"]);
  expect(bitwarden.admin.member(joinedLater.id).status).toBe(2);
  expect(bitwarden.state.events.map(({ type }) => type)).toEqual([1520, 1520, 1520, 1700, 1700]);
});

test("two-step login is refused while somebody without master password would be locked out, and revokes nobody", async () => {
  await using bitwarden = await startBitwarden();
  bitwarden.admin.addMember({ email: "ann@x.test" });
  bitwarden.admin.addMember({ email: "sso@x.test", hasMasterPassword: false });
  const before = bitwarden.dump();

  const answer = await rawClient(bitwarden).put("/public/policies/0", { enabled: true });

  expect(answer.status).toBe(400);
  expect(answer.text).toContain("Policy could not be enabled. Non-compliant members will lose access");
  expect(bitwarden.dump()).toEqual(before);
  expect((await rawClient(bitwarden).get("/public/policies/0")).status).toBe(404);
});

test("policies that need another one are refused without it, and hold it", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  const early = await client.put("/public/policies/4", { enabled: true });
  await client.put("/public/policies/3", { enabled: true });
  const late = await client.put("/public/policies/4", { enabled: true, data: { a: 1 } });
  const held = await client.put("/public/policies/3", { enabled: false });

  expect(early.json).toMatchObject({
    message:
      "Turn on the Single organization policy because it is required for the Require single sign-on authentication policy.",
  });
  expect(late.json).toMatchObject({ type: 4, enabled: true, data: { a: 1 } });
  expect(held.status).toBe(400);
  expect((await client.get("/public/policies")).json).toMatchObject({ data: [{ type: 3 }, { type: 4 }] });
});

test.each([
  ["GET", "99", undefined, { type: ["The value '99' is invalid."] }],
  ["GET", "nope", undefined, { type: ["The value 'nope' is not valid."] }],
  ["PUT", "3", {}, { Enabled: ["The Enabled field is required."] }],
])("%s of policy %s with %j is a 400", async (method, type, body, errors) => {
  await using bitwarden = await startBitwarden();
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };

  const answer = await rawClient(bitwarden).send(`/public/policies/${type}`, { method, ...init });

  expect([answer.status, answer.json]).toMatchObject([400, { errors }]);
});

test("what a member who leaves calls its own items becomes a shared collection", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const mine = bitwarden.admin.createCollection({ kind: "my-items" });
  const { id } = bitwarden.admin.addMember({ email: "ann@x.test" });
  bitwarden.admin.grantCollections(id, [{ id: mine.id, manage: true }]);

  const before = await client.get("/public/collections");
  await client.delete(`/public/members/${id}`);

  expect(before.json).toEqual({ object: "list", data: [] });
  expect((await client.get("/public/collections")).json).toMatchObject({ data: [{ id: mine.id }] });
});
