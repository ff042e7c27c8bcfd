import { randomUUID } from "node:crypto";

import { describe, expect, test } from "vitest";

import type { Bitwarden } from "../../src/bitwarden/bitwarden.ts";
import { openBitwarden } from "../../src/bitwarden/client.ts";
import type { BitwardenOptions } from "../../src/bitwarden/client.ts";
import { BridgeError } from "../../src/domain/errors.ts";
import { startBitwarden } from "../fakes/bitwarden/server.ts";
import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";

function open(server: FakeBitwarden, options: Partial<BitwardenOptions> = {}): Bitwarden {
  return openBitwarden({
    organization: "acme",
    apiUrl: server.apiUrl,
    identityUrl: server.identityUrl,
    clientId: server.clientId,
    clientSecret: () => server.clientSecret,
    pace: "open",
    deviceIdentifier: randomUUID(),
    ...options,
  });
}

async function failureOf(call: Promise<unknown>): Promise<BridgeError> {
  const outcome: unknown = await call.then(
    () => "the call succeeded",
    (error: unknown) => error,
  );
  if (outcome instanceof BridgeError) return outcome;
  throw new Error("not a BridgeError", { cause: outcome });
}

const ANN = { email: "ann@example.com", externalId: "u1" };
const BOB = { email: "bob@example.com", externalId: "u2" };
const plain = { largeImport: false, inviteUsersAfterProvisioning: true };

describe("against the Bitwarden contract, the client", () => {
  test("invites, groups, reads back, revokes, restores and removes", async () => {
    await using server = await startBitwarden();
    await using client = open(server);

    await client.importDirectory({
      ...plain,
      members: [ANN, BOB],
      groups: [{ name: "Sales", externalId: "g1", memberExternalIds: ["u1", "u2"] }],
    });
    const ann = (await client.listMembers("normal")).find((member) => member.externalId === "u1");
    const [sales] = await client.listGroups("normal");
    const annId = ann?.id ?? "";
    const salesId = sales?.id ?? "";

    expect(ann).toStrictEqual({ id: annId, email: "ann@example.com", externalId: "u1", status: 0, type: 2 });
    expect(sales).toStrictEqual({ id: salesId, name: "Sales", externalId: "g1" });
    expect(await client.getGroupMemberIds(salesId, "normal")).toHaveLength(2);
    expect(await client.revokeMember(annId)).toBe("done");
    expect(await client.revokeMember(annId)).toBe("already");
    expect((await client.getMember(annId, "revocation"))?.status).toBe(-1);
    expect(await client.restoreMember(annId)).toBe("done");
    expect(await client.restoreMember(annId)).toBe("already");
    expect((await client.getMember(annId, "normal"))?.status).toBe(0);
    expect(await client.removeMember(annId)).toBe("done");
    expect(await client.removeMember(annId)).toBe("missing");
    expect(await client.revokeMember(annId)).toBe("missing");
    expect(await client.getMember(annId, "normal")).toBeNull();
  });

  test("changes memberships from either side, renames and deletes groups, and leaves collections alone", async () => {
    await using server = await startBitwarden();
    await using client = open(server);
    const ann = server.admin.addMember({ email: "ann@example.com" });
    const sales = server.admin.addGroup({ name: "Sales", externalId: "g1" });
    const collection = server.admin.createCollection();
    server.admin.grantCollections(sales.id, [{ id: collection.id, readOnly: true }]);

    expect(await client.setMemberGroupIds(ann.id, [sales.id], "normal")).toBe("done");
    expect(await client.getMemberGroupIds(ann.id, "normal")).toStrictEqual([sales.id]);
    expect(await client.setGroupMemberIds(sales.id, [], "revocation")).toBe("done");
    expect(await client.getGroupMemberIds(sales.id, "normal")).toStrictEqual([]);
    expect(await client.updateGroup(sales.id, { name: "Sales EMEA", externalId: "g1" })).toBe("done");
    expect(await client.getGroup(sales.id, "normal")).toStrictEqual({
      id: sales.id,
      name: "Sales EMEA",
      externalId: "g1",
    });
    expect(server.state.groups.get(sales.id)?.collections).toHaveLength(1);
    expect(await client.deleteGroup(sales.id)).toBe("done");
    expect(await client.deleteGroup(sales.id)).toBe("missing");
    expect(await client.getGroup(sales.id, "normal")).toBeNull();
    expect(await client.updateGroup(sales.id, { name: "Sales", externalId: "g1" })).toBe("missing");
  });

  test("sets an external id without touching role, collections or groups", async () => {
    await using server = await startBitwarden();
    await using client = open(server);
    const ann = server.admin.addMember({ email: "ann@example.com", type: 1 });
    const sales = server.admin.addGroup({ name: "Sales", members: [ann.id] });
    const collection = server.admin.createCollection();
    server.admin.grantCollections(ann.id, [{ id: collection.id, hidePasswords: true }]);

    expect(await client.setMemberExternalId(ann.id, "u1")).toBe("done");

    const after = server.admin.member(ann.id);
    expect(after).toMatchObject({ externalId: "u1", type: 1 });
    expect(after.collections).toStrictEqual([
      { id: collection.id, readOnly: false, hidePasswords: true, manage: false },
    ]);
    expect(await client.getMemberGroupIds(ann.id, "normal")).toStrictEqual([sales.id]);
    expect(await client.setMemberExternalId(randomUUID(), "u9")).toBe("missing");
  });

  test("tells what the server is", async () => {
    await using server = await startBitwarden({ stagedFlag: true });
    await using client = open(server);

    expect(await client.serverInfo()).toStrictEqual({ version: "2026.8.0", server: "Bitwarden", stagedUsers: true });
  });

  test("survives revoked tokens, and a rotated key with the new secret", async () => {
    await using server = await startBitwarden();
    await using client = open(server);
    await client.listMembers("normal");

    server.admin.revokeTokens();
    server.admin.rotateKey();

    expect(await client.listMembers("normal")).toHaveLength(1);
    expect(server.history.count("POST /connect/token")).toBe(2);
  });

  test("is denied by a wrong secret, and asks Identity once", async () => {
    await using server = await startBitwarden();
    await using client = open(server, { clientSecret: () => "wrong" });

    const errors = [await failureOf(client.listMembers("normal")), await failureOf(client.listGroups("normal"))];

    expect(errors.map((error) => error.code)).toStrictEqual(["BITWARDEN_DENIED", "BITWARDEN_DENIED"]);
    expect(server.history.count("POST /connect/token")).toBe(1);
  });

  test("names seats, records and a server that is too old", async () => {
    await using server = await startBitwarden({ hosted: "self", seats: 1, version: "2026.1.0" });
    await using client = open(server);
    const owner = (await client.listMembers("normal"))[0]?.id ?? "";

    const seats = await failureOf(client.importDirectory({ ...plain, members: [ANN], groups: [] }));
    const record = await failureOf(
      client.importDirectory({ ...plain, members: [ANN, { ...BOB, email: "not an address" }], groups: [] }),
    );
    const old = await failureOf(client.revokeMember(owner));

    expect(seats).toMatchObject({ code: "BITWARDEN_NO_SEATS", retry: "after" });
    expect(record).toMatchObject({ code: "BITWARDEN_REFUSED", retry: "never" });
    expect(seats.remedy).toMatch(/seats/);
    expect(Object.keys(record.details ?? {})).toStrictEqual(["Members[1].Email"]);
    expect(old.remedy).toContain("2026.2.0");
  });

  test("calls the outcome unknown when the work was done and the answer lost", async () => {
    await using server = await startBitwarden();
    await using client = open(server, { timeoutMs: 300 });
    const ids = ["a", "b", "c"].map((name) => server.admin.addMember({ email: `${name}@example.com` }).id);
    const path = /\/revoke$/;
    server.faults.add({ match: { path }, kind: "resetAfterWork" });
    server.faults.add({ match: { path }, kind: "500AfterCommit" });
    server.faults.add({ match: { path }, kind: "latencyAfterWork", delayMs: 2_000 });

    const errors = [];
    for (const id of ids) errors.push(await failureOf(client.revokeMember(id)));

    expect(errors.map(({ code, retry }) => [code, retry])).toStrictEqual(
      ids.map(() => ["BITWARDEN_UNKNOWN_OUTCOME", "later"]),
    );
    expect(ids.map((id) => server.admin.member(id).status)).toStrictEqual([-1, -1, -1]);
    expect(server.history.count("POST /public/members/{id}/revoke")).toBe(3);
  });

  test("keeps within the cloud's limits: no 429 in a burst of writes", async () => {
    await using server = await startBitwarden({ limiter: true });
    await using client = open(server, { pace: { writesPerSecond: 4, writesPerMinute: 50, readsPerMinute: 150 } });
    const sales = server.admin.addGroup({ name: "Sales", externalId: "g1" });
    await client.listGroups("normal");

    await Promise.all(
      Array.from({ length: 14 }, (_, n) =>
        client.updateGroup(sales.id, { name: `Sales ${String(n)}`, externalId: "g1" }),
      ),
    );

    const writes = server.history.writes();
    expect(writes.map((entry) => entry.status)).toStrictEqual(writes.map(() => 200));
  });
});

test("a list of 50,000 members is read whole", async () => {
  await using server = await startBitwarden();
  await using client = open(server);
  for (let n = 0; n < 50_000; n += 1) {
    server.admin.addMember({ email: `person-${String(n)}@example.com`, externalId: `u${String(n)}`, status: 0 });
  }

  const startMs = performance.now();
  const members = await client.listMembers("normal");

  expect(members).toHaveLength(50_001);
  expect(performance.now() - startMs).toBeLessThan(20_000);
});
