import { expect, test, vi } from "vitest";
import { importOf, rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";
import { Latency } from "./slowness.ts";

const GROUPS = "/public/groups";

test("a proxy gives up on an import while the server goes on, piece by piece: people, then mails, then groups", async () => {
  await using bitwarden = await startBitwarden({ hosted: "self" });
  const client = rawClient(bitwarden);
  bitwarden.faults.add({
    match: { method: "POST", path: /\/import$/ },
    kind: "gatewayTimeout",
    mailMs: 100,
    groupMs: 400,
    gatewayTimeoutMs: 50,
  });
  const people = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`x${String(n)}`, `u${String(n)}@x.test`]));
  const groups = ["g1", "g2"].map((externalId) => ({ name: externalId, externalId, memberExternalIds: ["x0"] }));

  const answer = await client.post("/public/organization/import", importOf(people, groups));
  const then = [bitwarden.state.members.size, bitwarden.state.groups.size, bitwarden.state.outbox.length];
  const read = await client.get("/public/members");
  await vi.waitFor(
    () => {
      expect(bitwarden.state.groups.size).toBe(1);
    },
    { timeout: 5_000, interval: 10 },
  );
  await bitwarden.settled();

  expect([answer.status, answer.headers.get("content-type")]).toEqual([504, "text/html"]);
  expect(then.slice(0, 2)).toEqual([6, 0]);
  expect(then[2]).toBeLessThan(5);
  expect((read.json as { data: unknown[] }).data).toHaveLength(6);
  expect([bitwarden.state.groups.size, bitwarden.state.outbox.length]).toEqual([2, 5]);
  expect(bitwarden.history.entries[0]).toMatchObject({ fault: "gatewayTimeout", status: 504, lateStatus: 200 });
});

test("a mail that fails long after the 504 takes back people whom a read has already shown", async () => {
  await using bitwarden = await startBitwarden({ hosted: "self", mailMs: 20, gatewayTimeoutMs: 30 });
  const client = rawClient(bitwarden);

  const answer = await client.post(
    "/public/organization/import",
    importOf({ a: "a@x.test", b: "b@x.test", c: "c@x.test" }),
  );
  const shown = (await client.get("/public/members")).json as { data: unknown[] };
  bitwarden.state.organization.mailWorks = false;
  await bitwarden.settled();

  expect([answer.status, shown.data.length, bitwarden.state.members.size]).toEqual([504, 4, 1]);
  expect(bitwarden.history.entries[0]?.lateStatus).toBe(400);
});

test("an import that is repeated after a 504 while the first one still mails doubles nobody", async () => {
  await using bitwarden = await startBitwarden({ hosted: "self", dialect: "bitwarden-ef" });
  const client = rawClient(bitwarden);
  const payload = importOf({ a: "a@x.test", b: "b@x.test" }, [
    { name: "S", externalId: "g1", memberExternalIds: ["a", "b"] },
  ]);
  bitwarden.faults.add({ kind: "gatewayTimeout", mailMs: 100, gatewayTimeoutMs: 20 });

  const first = await client.post("/public/organization/import", payload);
  const second = await client.post("/public/organization/import", payload);
  await bitwarden.settled();

  expect([first.status, second.status]).toEqual([504, 200]);
  expect(bitwarden.dump().members.map(({ externalId }) => externalId)).toEqual(["a", "b", null]);
  expect(bitwarden.dump().groups).toEqual([{ name: "S", externalId: "g1", members: ["a", "b"] }]);
  expect(bitwarden.state.outbox).toHaveLength(2);
});

test.each([
  ["an invitation", "POST", "/public/members", { email: "ann@x.test", type: 2 }],
  ["a group", "POST", "/public/groups", { name: "Sales" }],
])("%s is carried out after the 504", async (_name, method, path, body) => {
  await using bitwarden = await startBitwarden();
  bitwarden.faults.add({ match: { method }, kind: "gatewayTimeout", delayMs: 1_000, gatewayTimeoutMs: 10 });

  const answer = await rawClient(bitwarden).post(path, body);
  const before = bitwarden.state.members.size + bitwarden.state.groups.size;
  await bitwarden.settled();

  expect([answer.status, before]).toEqual([504, 1]);
  expect(bitwarden.state.members.size + bitwarden.state.groups.size).toBe(2);
});

test("within its patience the proxy passes the answer on", async () => {
  await using bitwarden = await startBitwarden({ mailMs: 5, gatewayTimeoutMs: 5_000 });

  const answer = await rawClient(bitwarden).post("/public/members", { email: "ann@x.test", type: 2 });

  expect(answer.status).toBe(200);
  expect(bitwarden.history.entries[0]).not.toHaveProperty("lateStatus");
});

test("a drawn latency spreads calls over its range, and can be changed and taken back", async () => {
  await using bitwarden = await startBitwarden({ latencyMs: [20, 60] });
  const client = rawClient(bitwarden);
  const tookMs: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    const startedAt = performance.now();
    await client.get(GROUPS);
    tookMs.push(performance.now() - startedAt);
  }

  bitwarden.faults.slow({ latencyMs: 0 });
  const changed = bitwarden.faults.slowness;
  bitwarden.faults.clear();

  expect(Math.min(...tookMs)).toBeGreaterThan(15);
  expect(new Set(tookMs.map((ms) => Math.round(ms / 4))).size).toBeGreaterThan(1);
  expect([changed.latencyMs, bitwarden.faults.slowness.latencyMs]).toEqual([0, [20, 60]]);
});

test("latencies of one seed are the same every time, within the range, before and after the work", () => {
  const [one, same, other] = [new Latency(7), new Latency(7), new Latency(8)].map((latency) =>
    Array.from({ length: 50 }, () => latency.draw([5, 50])),
  );

  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  for (const { beforeMs, afterMs } of one ?? []) {
    expect(Math.min(beforeMs, afterMs)).toBeGreaterThanOrEqual(0);
    expect(beforeMs + afterMs).toBeGreaterThanOrEqual(5);
    expect(beforeMs + afterMs).toBeLessThanOrEqual(50);
  }
});
