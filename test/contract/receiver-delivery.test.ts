import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { envelope, sendRaw, SECRET, startReceiver, userEvent } from "./receiver-under-test.ts";

const ALL = { subject: { connection: "okta-main", kind: "all", key: "" }, via: null, urgent: false };

test("a delivery is verified, parsed, committed, rung, and answered with an empty 204, in this order", async () => {
  await using receiver = await startReceiver();
  const event = userEvent("user.lifecycle.suspend");

  const answer = await receiver.post(envelope(event));

  expect(answer.status).toBe(204);
  expect(await answer.text()).toBe("");
  expect(answer.headers.get("x-powered-by")).toBeNull();
  expect(answer.headers.get("etag")).toBeNull();
  expect(receiver.world.steps).toEqual(["admitted", "parse", "commit", "ring"]);
  expect(receiver.world.events).toEqual([
    {
      id: event.uuid,
      type: "user.lifecycle.suspend",
      hints: [
        { subject: { connection: "okta-main", kind: "user", key: "00u1a2b3c4d5e6f7g8h9" }, via: null, urgent: true },
      ],
    },
  ]);
});

test("a repeated delivery is answered 204 and rings nothing", async () => {
  await using receiver = await startReceiver();
  const body = envelope(userEvent());
  await receiver.post(body);

  const answer = await receiver.post(body);

  expect(answer.status).toBe(204);
  expect(receiver.world.rung).toHaveLength(1);
  expect(await receiver.metrics.render()).toContain('outcome="duplicate"} 1');
});

test("an empty list of events is answered 204 and commits nothing", async () => {
  await using receiver = await startReceiver();

  const answer = await receiver.post(envelope());

  expect(answer.status).toBe(204);
  expect(receiver.world.steps).toEqual(["admitted", "parse"]);
});

test("an event type that nobody needs is written down without hints", async () => {
  await using receiver = await startReceiver();

  await receiver.post(envelope(userEvent("user.session.start")));

  expect(receiver.world.events).toMatchObject([{ type: "user.session.start", hints: [] }]);
});

test("when the commit fails the answer is 503 with Retry-After, and the repeated delivery is taken", async () => {
  await using receiver = await startReceiver();
  const body = envelope(userEvent());
  receiver.world.commitFails = true;

  const failed = await receiver.post(body);
  receiver.world.commitFails = false;
  const repeated = await receiver.post(body);

  expect(failed.status).toBe(503);
  expect(Number(failed.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(repeated.status).toBe(204);
  expect(receiver.world.rung).toEqual(["okta-main"]);
});

test("a body of many events is committed at once", async () => {
  await using receiver = await startReceiver();
  const events = Array.from({ length: 3000 }, () => userEvent());

  const answer = await receiver.post(envelope(...events));

  expect(answer.status).toBe(204);
  expect(receiver.world.events).toHaveLength(3000);
  expect(receiver.world.steps.filter((step) => step === "commit")).toHaveLength(1);
});

test("a chunked body is taken", async () => {
  await using receiver = await startReceiver();
  const body = envelope(userEvent());
  const head = `POST /hooks/okta/okta-main HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Bridge-Secret: ${SECRET}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunks = [body.slice(0, 7), body.slice(7)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);

  const answer = await sendRaw(receiver.port, head, ...chunks, "0\r\n\r\n");

  expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  expect(receiver.world.events).toHaveLength(1);
});

test("a compressed body is taken, whatever its content type says", async () => {
  await using receiver = await startReceiver();

  const answer = await receiver.post(gzipSync(envelope(userEvent())), {
    "content-encoding": "gzip",
    "content-type": "text/plain; charset=utf-16",
  });

  expect(answer.status).toBe(204);
  expect(receiver.world.events).toHaveLength(1);
});

test.each([
  ["no body", null],
  ["an empty body", ""],
  ["no JSON", "<events/>"],
  ["truncated JSON", '{"data":{"events":['],
  ["JSON of another shape", '{"data":{"events":{"0":{}}}}'],
  ["JSON null", "null"],
  ["bytes that are not UTF-8", Buffer.from([0xff, 0xfe, 0x00, 0x7b])],
  ["JSON nested 100,000 deep", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ["more events than any delivery has", envelope(...Array.from({ length: 30_000 }, () => 0))],
])("%s after verification makes the whole directory dirty and is answered 204", async (_name, body) => {
  await using receiver = await startReceiver();

  const first = await receiver.post(body);
  const second = await receiver.post(body);

  expect([first.status, second.status]).toEqual([204, 204]);
  expect(receiver.world.events).toMatchObject([
    { type: "bridge.unreadable", hints: [ALL] },
    { type: "bridge.unreadable", hints: [ALL] },
  ]);
  expect(receiver.world.lines.filter((line) => line["level"] === "warn")).toHaveLength(2);
  expect(await receiver.metrics.render()).toContain('outcome="unreadable"} 2');
});

test("an unreadable event does not cost the readable ones of its delivery", async () => {
  await using receiver = await startReceiver();

  await receiver.post(envelope({ uuid: 7 }, userEvent(), "text"));

  expect(receiver.world.events).toMatchObject([
    { type: "user.account.update_profile" },
    { type: "bridge.unreadable", hints: [ALL] },
  ]);
});

test("duplicate and poisonous keys change nothing but the event itself", async () => {
  await using receiver = await startReceiver();
  const event = `{"uuid":"a","uuid":"b","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"eventType":"user.lifecycle.create","target":[{"id":"00u1a2b3c4d5e6f7g8h9","type":"User"}]}`;

  const answer = await receiver.post(`{"data":{"events":[]},"data":{"events":[${event}]}}`);

  expect(answer.status).toBe(204);
  expect(receiver.world.events).toMatchObject([{ id: "b", hints: [{ subject: { kind: "user" } }] }]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test("a body over 8 MB is refused with 413, and the directory is made dirty because it may hide a change", async () => {
  await using receiver = await startReceiver();
  const head = `POST /hooks/okta/okta-main HTTP/1.1\r\nHost: a\r\nX-Bridge-Secret: ${SECRET}\r\n`;

  const announced = await sendRaw(receiver.port, `${head}Content-Length: 8388609\r\n\r\n`);
  const bomb = await receiver.post(gzipSync(Buffer.alloc(9 * 1024 * 1024)), { "content-encoding": "gzip" });

  expect(announced).toMatch(/^HTTP\/1\.1 413 /);
  expect(bomb.status).toBe(413);
  expect(receiver.world.events).toMatchObject([{ hints: [ALL] }, { hints: [ALL] }]);
});

test.each([
  ["an encoding that we do not know", "zstd-2099", 415],
  ["a broken compressed stream", "gzip", 400],
])("%s makes the directory dirty", async (_name, encoding, status) => {
  await using receiver = await startReceiver();

  const answer = await receiver.post("not compressed", { "content-encoding": encoding });

  expect(answer.status).toBe(status);
  expect(receiver.world.events).toMatchObject([{ hints: [ALL] }]);
});
