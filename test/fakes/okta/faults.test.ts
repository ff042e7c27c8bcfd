import { expect, test } from "vitest";
import { z } from "zod";
import { startOkta } from "./server.ts";
import type { OktaEmulator } from "./server.ts";

const ids = z.array(z.looseObject({ id: z.string() }));

async function call(okta: OktaEmulator, path: string, signal?: AbortSignal): Promise<Response> {
  const url = path.startsWith("http") ? path : okta.url + path;
  return fetch(url, { headers: { authorization: `SSWS ${okta.token}` }, ...(signal && { signal }) });
}

function nextLink(response: Response): string {
  return /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
}

async function idsOf(response: Response): Promise<string[]> {
  return ids.parse(await response.json()).map(({ id }) => id);
}

test("every answer carries the rate limit headers, errors too, though nothing is refused by default", async () => {
  await using okta = await startOkta({ users: 3 });
  for (const [path, remaining] of [
    ["/api/v1/users", 599],
    ["/api/v1/users", 598],
    ["/api/v1/users/00uGone", 1999],
  ] as const) {
    const { headers } = await call(okta, path);
    expect(Number(headers.get("x-rate-limit-remaining"))).toBe(remaining);
    expect(Number(headers.get("x-rate-limit-limit"))).toBeGreaterThan(0);
    const secondsAhead = Number(headers.get("x-rate-limit-reset")) - Date.now() / 1000;
    expect(secondsAhead).toBeGreaterThan(50);
    expect(secondsAhead).toBeLessThan(62);
  }
});

test("a full bucket answers 429 E0000047 until its window is over, and other buckets go on", async () => {
  await using okta = await startOkta({ users: 3, rateLimit: { perMinute: { users: 2 }, windowMs: 1_500 } });
  expect((await call(okta, "/api/v1/users")).status).toBe(200);
  expect((await call(okta, "/api/v1/users")).status).toBe(200);
  const refused = await call(okta, "/api/v1/users");
  expect([refused.status, refused.headers.get("x-rate-limit-remaining")]).toEqual([429, "0"]);
  expect(await refused.json()).toMatchObject({ errorCode: "E0000047" });
  expect((await call(okta, "/api/v1/groups")).status).toBe(200);
  await expect.poll(async () => (await call(okta, "/api/v1/users")).status, { timeout: 10_000 }).toBe(200);
});

test("too many calls at once are refused with Limit 0 and a reset in the past", async () => {
  await using okta = await startOkta({ users: 3, concurrencyLimit: 2, latencyMs: 300 });
  const answers = await Promise.all([1, 2, 3].map(() => call(okta, "/api/v1/users")));
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429]);
  const headers = answers.find((answer) => answer.status === 429)?.headers;
  expect([headers?.get("x-rate-limit-limit"), headers?.get("x-rate-limit-remaining")]).toEqual(["0", "0"]);
  expect(Number(headers?.get("x-rate-limit-reset"))).toBeLessThan(Date.now() / 1000);
  expect((await call(okta, "/api/v1/users")).status).toBe(200);
});

test("an empty middle page loses nothing: its next link leads to the page that was asked for", async () => {
  await using okta = await startOkta({ users: 12, activeOnly: true, pageSize: 5 });
  okta.faults.add({ kind: "emptyMiddlePage", match: "/api/v1/users", skip: 1 });
  const sizes: number[] = [];
  const found: string[] = [];
  for (let next = "/api/v1/users?limit=200"; next !== "";) {
    const page = await call(okta, next);
    const pageIds = await idsOf(page);
    sizes.push(pageIds.length);
    found.push(...pageIds);
    next = nextLink(page);
  }
  expect(sizes).toEqual([5, 0, 5, 2]);
  expect(found).toEqual(okta.dump().users.map((user) => user.id));
});

test("the empty page fault also works on the System Log", async () => {
  await using okta = await startOkta({ users: 3 });
  okta.admin.createGroup("Platform");
  okta.faults.add({ kind: "emptyMiddlePage", match: "/api/v1/logs" });
  const empty = await call(okta, "/api/v1/logs");
  expect(await empty.json()).toEqual([]);
  expect(await (await call(okta, nextLink(empty))).json()).toMatchObject([{ eventType: "group.lifecycle.create" }]);
});

test("a foreign next link keeps path and cursor but leaves the origin", async () => {
  await using okta = await startOkta({ users: 12, pageSize: 5 });
  okta.faults.add({ kind: "foreignNext", origin: "http://127.0.0.2:9" });
  const next = new URL(nextLink(await call(okta, "/api/v1/users")));
  expect([next.origin, next.pathname]).toEqual(["http://127.0.0.2:9", "/api/v1/users"]);
  expect(nextLink(await call(okta, "/api/v1/users"))).toMatch(okta.url);
});

test("status, 429 and concurrency faults hit as often as told, after letting some calls pass", async () => {
  await using okta = await startOkta({ users: 3 });
  okta.faults.add({ kind: "status", status: 500, match: /^\/api\/v1\/users\?limit=1$/, times: 2, skip: 1 });
  const statuses = [];
  for (const query of ["", "?limit=1", "?limit=1", "?limit=1", "?limit=1"]) {
    statuses.push((await call(okta, `/api/v1/users${query}`)).status);
  }
  expect(statuses).toEqual([200, 200, 500, 500, 200]);
  okta.faults.add({ kind: "429", resetInMs: 2_000 });
  okta.faults.add({ kind: "429concurrency" });
  const ahead = await call(okta, "/api/v1/users");
  expect(ahead.status).toBe(429);
  expect(Number(ahead.headers.get("x-rate-limit-reset"))).toBeGreaterThan(Date.now() / 1000);
  const past = await call(okta, "/api/v1/users");
  expect([past.status, past.headers.get("x-rate-limit-limit")]).toEqual([429, "0"]);
  expect((await call(okta, "/api/v1/users")).status).toBe(200);
});

test("connections are cut, bodies break off, JSON ends too early, answers never come", async () => {
  await using okta = await startOkta({ users: 3 });
  okta.faults.add({ kind: "reset" });
  await expect(call(okta, "/api/v1/users")).rejects.toThrow();
  okta.faults.add({ kind: "cutBody" });
  await expect(call(okta, "/api/v1/users").then((answer) => answer.text())).rejects.toThrow();
  okta.faults.add({ kind: "truncatedJson" });
  const half = await call(okta, "/api/v1/users");
  expect(half.status).toBe(200);
  const text = await half.text();
  expect(() => z.unknown().parse(JSON.parse(text))).toThrow(SyntaxError);
  okta.faults.add({ kind: "stall" });
  await expect(call(okta, "/api/v1/users", AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
  expect(okta.history.map((entry) => entry.status)).toEqual([0, 200, 200, 0]);
});

test("with latency an answer tells what was true when the call arrived", async () => {
  await using okta = await startOkta({ users: 3, activeOnly: true, latencyMs: 200 });
  const id = okta.dump().users[0]?.id ?? "";
  const early = call(okta, `/api/v1/users/${id}`);
  await expect.poll(() => okta.history.length, { interval: 5 }).toBe(1);
  okta.admin.suspend(id);
  expect(await (await early).json()).toMatchObject({ status: "ACTIVE" });
  okta.setLatency(0);
  expect(await (await call(okta, `/api/v1/users/${id}`)).json()).toMatchObject({ status: "SUSPENDED" });
});

test("the history lists every call with its query and status", async () => {
  await using okta = await startOkta({ users: 3 });
  await call(okta, "/api/v1/users?limit=2");
  await call(okta, "/api/v1/nothing");
  expect(okta.history).toMatchObject([
    { n: 1, method: "GET", path: "/api/v1/users", query: "limit=2", status: 200 },
    { n: 2, method: "GET", path: "/api/v1/nothing", query: "", status: 404 },
  ]);
});

test("stopping ends stalled calls and frees the port", async () => {
  const okta = await startOkta({ users: 3 });
  okta.faults.add({ kind: "stall" });
  const stalled = expect(call(okta, "/api/v1/users")).rejects.toThrow();
  await expect.poll(() => okta.history.length).toBe(1);
  await okta.stop();
  await stalled;
  await using again = await startOkta({ users: 3, port: Number(new URL(okta.url).port) });
  expect((await call(again, "/api/v1/users")).status).toBe(200);
});
