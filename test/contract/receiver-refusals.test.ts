import { expect, test, vi } from "vitest";
import { envelope, sendRaw, SECRET, startReceiver, userEvent } from "./receiver-under-test.ts";

test.each([
  ["no secret", {}],
  ["a wrong secret", { "x-bridge-secret": "guess" }],
  ["a secret with more behind it", { "x-bridge-secret": `${SECRET}x` }],
  ["an empty secret", { "x-bridge-secret": "" }],
  ["the secret in another header", { authorization: SECRET }],
])("%s is answered 401 before the body is looked at", async (_name, headers: Record<string, string>) => {
  await using receiver = await startReceiver();

  const answer = await fetch(receiver.hook, { method: "POST", headers, body: envelope(userEvent()) });

  expect(answer.status).toBe(401);
  expect(await answer.text()).toBe("");
  expect(receiver.world.steps).toEqual(["refused"]);
});

test("a wrong secret is refused while the body is still to come", async () => {
  await using receiver = await startReceiver();

  const answer = await sendRaw(
    receiver.port,
    "POST /hooks/okta/okta-main HTTP/1.1\r\nHost: a\r\nX-Bridge-Secret: guess\r\nContent-Length: 100000\r\n\r\n{",
  );

  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
});

test("secrets are rotated without a restart: both, then the new one alone", async () => {
  await using receiver = await startReceiver();
  const send = async (secret: string) =>
    (await receiver.post(envelope(userEvent()), { "x-bridge-secret": secret })).status;

  receiver.world.secrets = [SECRET, "the new one"];
  expect([await send(SECRET), await send("the new one")]).toEqual([204, 204]);
  receiver.world.secrets = ["the new one"];
  expect([await send(SECRET), await send("the new one")]).toEqual([401, 204]);
});

test("without any secret nobody is verified, not even who sends an empty one", async () => {
  await using receiver = await startReceiver();
  for (const secrets of [[], [""]]) {
    receiver.world.secrets = secrets;
    expect((await receiver.post(envelope(), { "x-bridge-secret": "" })).status).toBe(401);
    expect((await receiver.post(envelope())).status).toBe(401);
  }
});

test("secrets that cannot be read now are our failure: 503, so that the sender repeats", async () => {
  await using receiver = await startReceiver();
  receiver.world.secretsFail = true;

  const answer = await receiver.post(envelope(userEvent()));

  expect(answer.status).toBe(503);
  expect(receiver.world.steps).toEqual([]);
});

test("refused senders are limited by address, verified ones never", async () => {
  await using receiver = await startReceiver({ refusalsPerMinute: 5 });
  const guess = (forwarded: string) =>
    receiver.post(envelope(), { "x-bridge-secret": "guess", "x-forwarded-for": forwarded });

  const guesses: number[] = [];
  for (let n = 0; n < 7; n++) guesses.push((await guess("203.0.113.7")).status);
  const limited = await guess("203.0.113.7");
  // What a stranger writes in front of the address that our one proxy added does not count.
  const disguised = await guess("198.51.100.1, 203.0.113.7");
  const elsewhere = await guess("203.0.113.8");
  const verified = await receiver.post(envelope(userEvent()), { "x-forwarded-for": "203.0.113.7" });

  expect(guesses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  expect(limited.headers.get("retry-after")).toBe("60");
  expect(disguised.status).toBe(429);
  expect(elsewhere.status).toBe(401);
  expect(verified.status).toBe(204);
});

test("unknown connections and paths are 404, wrong methods 405 with Allow, undecodable paths 400", async () => {
  await using receiver = await startReceiver();
  const status = async (method: string, path: string) => (await fetch(receiver.url + path, { method })).status;

  expect(await status("POST", "/hooks/okta/other")).toBe(404);
  expect(await status("GET", "/hooks/okta/other")).toBe(404);
  expect(await status("POST", "/hooks/ldap/okta-main")).toBe(404);
  expect(await status("POST", "/hooks/okta/__proto__")).toBe(404);
  expect(await status("GET", "/")).toBe(404);
  expect(await status("POST", "/hooks/okta/okta-main/more")).toBe(404);
  expect(await status("POST", "/hooks/okta/%E0%A4%A")).toBe(400);
  const put = await fetch(receiver.hook, { method: "PUT", body: "x" });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, POST"]);
  expect(await status("POST", "/livez")).toBe(405);
});

test("a body that comes too slowly is answered 408 and costs one connection only", async () => {
  await using receiver = await startReceiver({ requestTimeoutMs: 300 });
  const slow = sendRaw(
    receiver.port,
    `POST /hooks/okta/okta-main HTTP/1.1\r\nHost: a\r\nX-Bridge-Secret: ${SECRET}\r\nContent-Length: 100\r\n\r\n{`,
  );
  const slowHead = sendRaw(receiver.port, "POST /hooks/okta/okta-main HTTP/1.1\r\nX-Slow: ");

  expect((await receiver.post(envelope(userEvent()))).status).toBe(204);
  expect(await slow).toMatch(/^HTTP\/1\.1 408 /);
  expect(await slowHead).toMatch(/^HTTP\/1\.1 408 /);
  await vi.waitFor(() => {
    expect(receiver.world.events).toMatchObject([
      { type: "user.account.update_profile" },
      { type: "bridge.unreadable" },
    ]);
  });
});

test("a compressed body that stops half-way is given up too", async () => {
  await using receiver = await startReceiver({ requestTimeoutMs: 300 });

  const answer = await sendRaw(
    receiver.port,
    `POST /hooks/okta/okta-main HTTP/1.1\r\nHost: a\r\nX-Bridge-Secret: ${SECRET}\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n`,
    Buffer.from([0x1f, 0x8b]),
  );

  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  await vi.waitFor(() => {
    expect(receiver.world.lines).toContainEqual(expect.objectContaining({ reason: "body not sent whole" }));
  });
});

test("headers beyond 16 kB and what is not HTTP are refused by the listener", async () => {
  await using receiver = await startReceiver();

  const long = await sendRaw(receiver.port, `GET /livez HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
  const garbage = await sendRaw(receiver.port, "\x16\x03\x01 hello\r\n\r\n");

  expect(long).toMatch(/^HTTP\/1\.1 431 /);
  expect(garbage).toMatch(/^HTTP\/1\.1 400 /);
});
