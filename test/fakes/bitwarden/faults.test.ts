import { expect, test, vi } from "vitest";
import { rawClient, type RawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const GROUPS = "/public/groups";

/** The status, or `cut` when the connection broke. */
async function createGroup(client: RawClient): Promise<number | "cut"> {
  try {
    return (await client.post(GROUPS, { name: "x" })).status;
  } catch {
    return "cut";
  }
}

test.each([
  ["status", 503, 0],
  ["429", 429, 0],
  ["reset", "cut", 0],
  ["resetAfterWork", "cut", 1],
  ["500AfterCommit", 500, 1],
] as const)("the fault %s answers %s with %i piece of work done, once", async (kind, outcome, done) => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  bitwarden.faults.add({ match: { method: "POST", path: GROUPS }, kind });

  expect((await client.get(GROUPS)).status).toBe(200);
  expect(await createGroup(client)).toBe(outcome);
  expect(bitwarden.state.groups.size).toBe(done);
  expect(await createGroup(client)).toBe(200);
  expect(bitwarden.history.entries.map(({ fault }) => fault)).toEqual([undefined, kind, undefined]);
});

test.each(["latencyAfterWork", "latencyBeforeWork"] as const)(
  "with %s the client gives up and the work is done all the same",
  async (kind) => {
    await using bitwarden = await startBitwarden();
    const client = rawClient(bitwarden);
    bitwarden.faults.add({ match: { path: /\/groups$/ }, kind, delayMs: 300 });
    const init = { method: "POST", body: '{"name":"x"}', headers: { "Content-Type": "application/json" } };

    await expect(client.send(GROUPS, { ...init, signal: AbortSignal.timeout(100) })).rejects.toThrow();

    expect(bitwarden.state.groups.size).toBe(kind === "latencyAfterWork" ? 1 : 0);
    await vi.waitFor(() => {
      expect(bitwarden.state.groups.size).toBe(1);
    });
  },
);

test("a fault can skip calls, strike several times, and answer like a proxy", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  bitwarden.faults.add({ kind: "status", status: 502, times: 2, skip: 1 });
  bitwarden.faults.add({ kind: "429", retryAfter: 7, skip: 1 });
  bitwarden.faults.add({ kind: "429", retryAfter: null, skip: 1 });

  const answers = [];
  for (let n = 0; n < 6; n += 1) answers.push(await client.get(GROUPS));

  expect(answers.map(({ status }) => status)).toEqual([200, 502, 502, 429, 429, 200]);
  expect(answers[1]?.headers.get("content-type")).toBe("text/html");
  expect(answers.slice(3, 5).map(({ headers }) => headers.get("retry-after"))).toEqual(["7", null]);
  expect(bitwarden.faults.pending).toBe(0);
});

test("chaos with one seed strikes the same calls every time, until it is cleared", async () => {
  async function run(seed: number): Promise<(number | "cut")[]> {
    await using bitwarden = await startBitwarden();
    const client = rawClient(bitwarden);
    bitwarden.faults.chaos({ seed, rate: 0.5, delayMs: 1 });
    const outcomes: (number | "cut")[] = [];
    for (let n = 0; n < 30; n += 1) outcomes.push(await createGroup(client));
    bitwarden.faults.clear();
    expect(await createGroup(client)).toBe(200);
    return outcomes;
  }

  const [first, again, other] = [await run(7), await run(7), await run(8)];

  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(new Set(first).size).toBeGreaterThan(2);
});

test("latency is added to every call", async () => {
  await using bitwarden = await startBitwarden({ latencyMs: 120 });
  const started = performance.now();

  await rawClient(bitwarden).get(GROUPS);

  expect(performance.now() - started).toBeGreaterThan(100);
});

test("stopping ends calls that wait, and can be repeated", async () => {
  const bitwarden = await startBitwarden({ latencyMs: 60_000 });
  const waiting = rawClient(bitwarden).get(GROUPS);
  const refused = expect(waiting).rejects.toThrow();
  await vi.waitFor(() => {
    expect(bitwarden.history.last).toBe(1);
  });

  await bitwarden.stop();
  await bitwarden.stop();

  await refused;
});

test.each([
  ["nobody", 0],
  ["owner", 1],
  ["two thirds", 5],
] as const)("a sick server lists %s for the next reads, with a 200", async (left, length) => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  for (let n = 0; n < 6; n += 1) bitwarden.admin.addMember({ email: `u${String(n)}@x.test` });
  bitwarden.faults.add({ kind: "poorList", left, times: 2 });

  const groups = await client.get(GROUPS);
  const lists = [];
  for (let n = 0; n < 3; n += 1) lists.push(await client.get("/public/members"));

  expect([groups, ...lists].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(lists.map(({ json }) => (json as { data: unknown[] }).data.length)).toEqual([length, length, 7]);
  expect(bitwarden.state.members.size).toBe(7);
});

test.each([
  ["GET", ""],
  ["POST", "/revoke"],
])("a sick server answers %s of a member%s with an empty 404 and does nothing", async (method, suffix) => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@x.test" });
  const path = `/public/members/${id}${suffix}`;
  bitwarden.faults.add({ match: { method, path: /\/members\/[^/]+(\/revoke)?$/ }, kind: "status", status: 404 });

  const [sick, well] = [await client.send(path, { method }), await client.send(path, { method })];

  expect([sick.status, sick.text, well.status]).toEqual([404, "", 200]);
  expect((await client.get("/public/members")).text).toContain(id);
});
