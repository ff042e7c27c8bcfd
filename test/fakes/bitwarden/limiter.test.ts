import { expect, test } from "vitest";
import { askToken, rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const START_MS = 1_700_000_000_000;

test("the sixth write of a second is refused in the vendor's shape and does not count against the minute", async () => {
  let nowMs = START_MS;
  await using bitwarden = await startBitwarden({ limiter: true, now: () => nowMs });
  const client = rawClient(bitwarden);

  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await client.post("/public/groups", { name: "x" })).status);
  nowMs += 250;
  const refused = await client.post("/public/groups", { name: "x" });
  nowMs += 750;
  const next = await client.post("/public/groups", { name: "x" });

  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.json).toEqual({
    message: "Slow down! Too many requests. Try again in 1s.",
    validationErrors: null,
    exceptionMessage: null,
    exceptionStackTrace: null,
    innerExceptionMessage: null,
    object: "error",
  });
  expect(next.status).toBe(200);
  expect(next.headers.get("x-rate-limit-limit")).toBe("1m");
  expect(next.headers.get("x-rate-limit-remaining")).toBe("54");
  expect(next.headers.get("x-rate-limit-reset")).toBe(new Date(START_MS + 60_000).toISOString());
  expect(bitwarden.state.groups.size).toBe(6);
});

test("the minute is a fixed window from the first request, and Retry-After counts to its end", async () => {
  let nowMs = START_MS;
  await using bitwarden = await startBitwarden({ limiter: { writesPerMinute: 2 }, now: () => nowMs });
  const client = rawClient(bitwarden);
  const statuses: number[] = [];

  for (const atMs of [0, 50_000, 55_000]) {
    nowMs = START_MS + atMs;
    const answer = await client.post("/public/groups", { name: "x" });
    statuses.push(answer.status);
    if (answer.status === 429) expect(answer.headers.get("retry-after")).toBe("5");
  }
  nowMs = START_MS + 60_000;

  expect(statuses).toEqual([200, 200, 429]);
  expect((await client.post("/public/groups", { name: "x" })).status).toBe(200);
});

test("verbs and exact paths count apart, the query does not", async () => {
  await using bitwarden = await startBitwarden({
    limiter: { writesPerMinute: 1, readsPerMinute: 1 },
    now: () => START_MS,
  });
  const client = rawClient(bitwarden);
  const [a, b] = ["a", "b"].map((name) => bitwarden.admin.addGroup({ name }).id);

  const statuses = [
    (await client.put(`/public/groups/${a ?? ""}`, { name: "x" })).status,
    (await client.put(`/public/groups/${b ?? ""}`, { name: "x" })).status,
    (await client.get(`/public/groups/${a ?? ""}`)).status,
    (await client.put(`/public/groups/${a ?? ""}`, { name: "x" })).status,
    (await client.get(`/public/groups/${(a ?? "").toUpperCase()}?x=1`)).status,
  ];

  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

test("tokens are limited to ten a minute, five a second", async () => {
  let nowMs = START_MS;
  await using bitwarden = await startBitwarden({ limiter: true, now: () => nowMs });

  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    nowMs += 300;
    statuses.push((await askToken(bitwarden)).status);
  }

  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  expect(statuses.slice(10)).toEqual([429, 429]);
});

test("without the limiter nothing is refused and no header is sent", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  const answers = await Promise.all(Array.from({ length: 100 }, () => client.post("/public/groups", { name: "x" })));

  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(answers[0]?.headers.has("x-rate-limit-limit")).toBe(false);
});
