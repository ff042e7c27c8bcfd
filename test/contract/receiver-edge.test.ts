import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { envelope, sendRaw, SECRET, startReceiver, userEvent } from "./receiver-under-test.ts";

test("the verification challenge is echoed as JSON, with and without the secret", async () => {
  await using receiver = await startReceiver();
  for (const secret of [{}, { "x-bridge-secret": SECRET }]) {
    const answer = await fetch(receiver.hook, { headers: { "x-okta-verification-challenge": 'a"b<c', ...secret } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await answer.json()).toEqual({ verification: 'a"b<c' });
  }
});

test("a verification is refused with a wrong secret, without a challenge, or with one over 1 kB", async () => {
  await using receiver = await startReceiver();
  const status = async (headers: Record<string, string>) => (await fetch(receiver.hook, { headers })).status;

  expect(await status({ "x-okta-verification-challenge": "a", "x-bridge-secret": "guess" })).toBe(401);
  expect(await status({})).toBe(400);
  expect(await status({ "x-okta-verification-challenge": "a".repeat(1025) })).toBe(400);
  expect(await status({ "x-okta-verification-challenge": "a".repeat(1024) })).toBe(200);
});

test("livez says that the process answers, readyz that an event could be persisted", async () => {
  await using receiver = await startReceiver();
  const status = async (path: string) => (await fetch(receiver.url + path)).status;

  expect([await status("/livez"), await status("/readyz")]).toEqual([200, 200]);
  receiver.world.ready = false;
  expect([await status("/livez"), await status("/readyz")]).toEqual([200, 503]);
});

test("every request leaves one line with what it came to, and never the secret", async () => {
  await using receiver = await startReceiver();

  await receiver.post(envelope(userEvent(), userEvent()), { "x-request-id": "proxy-7" });
  await receiver.post(envelope(), { "x-bridge-secret": "hunter2-hunter2", "x-request-id": "bad id\u00e9" });

  const [taken, refused] = receiver.world.lines;
  expect(receiver.world.lines).toHaveLength(2);
  expect(taken).toMatchObject({ id: "proxy-7", connection: "okta-main", status: 204, events: 2, accepted: 2 });
  expect(taken?.["ms"]).toBeTypeOf("number");
  expect(refused).toMatchObject({ level: "warn", status: 401, reason: "secret wrong" });
  expect(refused?.["id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(receiver.world.lines)).not.toMatch(/hunter2|battery staple/);
});

test("disposing lets a running request finish and takes no new one", async () => {
  const receiver = await startReceiver();
  const running = receiver.post(envelope(userEvent()));
  await expect.poll(() => receiver.world.steps).toContain("admitted");

  await receiver[Symbol.asyncDispose]();

  expect((await running).status).toBe(204);
  await expect(fetch(receiver.url)).rejects.toThrow();
});

test("a listener on a taken port rejects", async () => {
  await using receiver = await startReceiver();
  const { listen } = await import("../../src/receive/listen.ts");
  const { createLog } = await import("../../src/observe/log.ts");

  const second = listen(() => undefined, {
    host: "127.0.0.1",
    port: receiver.port,
    log: createLog({ level: "silent", destination: { write: () => undefined } }),
  });

  await expect(second).rejects.toThrow("EADDRINUSE");
});

const header = fc.constantFrom(SECRET, SECRET, "guess", "", undefined);
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nearEvents = fc.oneof(
  fc.json().map((json) => Buffer.from(json)),
  fc.array(fc.anything(), { maxLength: 5 }).map((events) => Buffer.from(JSON.stringify({ data: { events } }))),
  fc
    .record({ uuid: fc.string(), eventType: fc.constantFrom("user.lifecycle.create", "x"), target: fc.anything() })
    .map((event) => Buffer.from(JSON.stringify({ data: { events: [event] } }))),
);

test("whatever is sent, the answer is never 5xx, and nothing is parsed before its secret is verified", async () => {
  await using receiver = await startReceiver();
  const request = fc.record({
    method: fc.constantFrom("POST", "POST", "POST", "GET", "PUT", "HEAD"),
    secret: header,
    body: fc.oneof(bytes, nearEvents),
    encoding: fc.constantFrom("identity", "gzip", "br", "deflate", "zstd", "utf-8"),
    type: fc.constantFrom("application/json", "text/plain; charset=utf-7", "x/y; charset=", ""),
    lengthError: fc.constantFrom(0, 0, 0, -1),
  });

  await fc.assert(
    fc.asyncProperty(request, async ({ method, secret, body, encoding, type, lengthError }) => {
      receiver.world.steps.length = 0;
      const length = Math.max(0, body.length + lengthError);
      const head = [
        `${method} /hooks/okta/okta-main HTTP/1.1`,
        "Host: a",
        "Connection: close",
        ...(secret === undefined ? [] : [`X-Bridge-Secret: ${secret}`]),
        `Content-Encoding: ${encoding}`,
        `Content-Type: ${type}`,
        `Content-Length: ${String(length)}`,
      ];

      const answer = await sendRaw(receiver.port, `${head.join("\r\n")}\r\n\r\n`, body);

      expect(answer).toMatch(/^HTTP\/1\.1 (200|204|400|401|404|405|413|415) /);
      const parsed = receiver.world.steps.indexOf("parse");
      if (parsed >= 0) expect(receiver.world.steps.indexOf("admitted")).toBe(parsed - 1);
      if (secret !== SECRET) expect(receiver.world.steps).not.toContain("commit");
      // An authentic POST is never forgotten, readable or not; only an empty list has nothing to remember.
      if (secret === SECRET && method === "POST" && !answer.startsWith("HTTP/1.1 204")) {
        await vi.waitFor(() => {
          expect(receiver.world.steps).toContain("commit");
        });
      }
    }),
    { numRuns: 300 },
  );
});

test("whatever the head is, the listener answers and goes on", async () => {
  await using receiver = await startReceiver({ requestTimeoutMs: 250 });

  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (head) => {
      const answer = await sendRaw(receiver.port, Buffer.from(head), "\r\n\r\n\r\n\r\n");
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    }),
    { numRuns: 50 },
  );

  expect((await receiver.post(envelope(userEvent()))).status).toBe(204);
});
