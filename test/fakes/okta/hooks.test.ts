import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { expect, test } from "vitest";
import { z } from "zod";
import { startOkta } from "./server.ts";

const envelope = z.strictObject({
  eventType: z.literal("com.okta.event_hook"),
  eventTypeVersion: z.literal("1.0"),
  cloudEventsVersion: z.literal("0.1"),
  source: z.string(),
  eventId: z.uuid(),
  eventTime: z.iso.datetime(),
  contentType: z.literal("application/json"),
  data: z.strictObject({
    events: z.array(z.looseObject({ uuid: z.uuid(), published: z.iso.datetime(), eventType: z.string() })).min(1),
  }),
});
type Envelope = z.infer<typeof envelope>;

interface Received {
  headers: IncomingHttpHeaders;
  envelope: Envelope;
}

/** A hook receiver; `answer` decides the status of the n-th POST (counted from 1), or null: no answer at all. */
async function startReceiver(
  answer: (n: number) => number | null = () => 204,
  echo = (challenge: string) => challenge,
) {
  const received: Received[] = [];
  const challenges: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      challenges.push(request.headers);
      const challenge = String(request.headers["x-okta-verification-challenge"]);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ verification: echo(challenge) }));
      return;
    }
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, envelope: envelope.parse(JSON.parse(text)) });
      const status = answer(received.length);
      if (status !== null) response.writeHead(status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = z.object({ port: z.number() }).parse(server.address()).port;
  return {
    url: `http://127.0.0.1:${port.toFixed()}/hooks/okta/main`,
    received,
    challenges,
    uuids: () => received.flatMap(({ envelope: { data } }) => data.events.map((event) => event.uuid)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("the envelope and the event have exactly the published fields", async () => {
  await using receiver = await startReceiver();
  await using okta = await startOkta({ users: 10 });
  const hookId = await okta.hooks.register({ url: receiver.url, secret: "s3cret" });
  const [user] = okta.dump().users;
  const groupId = okta.admin.createGroup("Platform", { silent: true });
  okta.admin.addToGroup(user?.id ?? "", groupId);
  await okta.hooks.idle();
  const [post] = receiver.received;
  expect(post?.headers).toMatchObject({ authorization: "s3cret", "content-type": "application/json" });
  expect(post?.envelope.source).toBe(`${okta.url}/api/v1/eventHooks/${hookId}`);
  const event = post?.envelope.data.events[0];
  expect(event).toMatchObject({
    eventType: "group.user_membership.add",
    version: "0",
    severity: "INFO",
    displayMessage: "Add user to group membership",
    outcome: { result: "SUCCESS", reason: null },
    actor: { type: "User", detailEntry: null },
    target: [
      { id: user?.id, type: "User", alternateId: user?.email, detailEntry: null },
      { id: groupId, type: "UserGroup", alternateId: "unknown", displayName: "Platform", detailEntry: null },
    ],
    transaction: { type: "WEB", detail: {} },
  });
  const published =
    "actor authenticationContext client debugContext device displayMessage eventType insertionTimestamp legacyEventType " +
    "outcome published request securityContext severity target transaction uuid version";
  expect(Object.keys(event ?? {}).sort()).toEqual(published.split(" "));
  expect(event).toEqual(okta.state.logs.at(-1));
});

test("verification is one GET with a challenge and without the secret, which must come back", async () => {
  await using receiver = await startReceiver();
  await using okta = await startOkta({ users: 2 });
  await okta.hooks.register({ url: receiver.url, secret: "s3cret" });
  expect(receiver.challenges).toHaveLength(1);
  expect(receiver.challenges[0]?.["x-okta-verification-challenge"]).toMatch(/^[\w-]{20,}$/);
  expect(receiver.challenges[0]).not.toHaveProperty("authorization");
  expect(okta.state.logs.map((event) => event.eventType)).toEqual(["event_hook.created", "event_hook.verified"]);
});

test("a hook that echoes something else is refused and gets no events", async () => {
  await using receiver = await startReceiver(undefined, () => "something else");
  await using okta = await startOkta({ users: 2 });
  await expect(okta.hooks.register({ url: receiver.url, secret: "s" })).rejects.toMatchObject({
    status: 400,
    causes: ["Verification failed: the verification value does not match"],
  });
  okta.admin.createGroup("Platform");
  await okta.hooks.idle();
  expect(receiver.received).toEqual([]);
});

test("events close in time share one POST", async () => {
  await using receiver = await startReceiver();
  await using okta = await startOkta({ users: 40, activeOnly: true });
  await okta.hooks.register({ url: receiver.url, secret: "s" });
  okta.hooks.configure({ maxBatch: 15 });
  for (const { id } of okta.dump().users) okta.admin.suspend(id);
  await okta.hooks.idle();
  expect(receiver.received.map((post) => post.envelope.data.events.length).sort()).toEqual([10, 15, 15]);
  expect(new Set(receiver.uuids()).size).toBe(40);
});

test.each([
  { name: "a 4xx is never retried", answers: [401, 204], attempts: 1, status: 401 },
  { name: "a 429 is a 4xx", answers: [429, 204], attempts: 1, status: 429 },
  { name: "a redirect is neither followed nor retried", answers: [302, 204], attempts: 1, status: 302 },
  { name: "a 5xx is retried once", answers: [503, 204], attempts: 2, status: 204 },
  { name: "there is no third attempt", answers: [503, 503, 204], attempts: 2, status: 503 },
  { name: "a timeout is retried once", answers: [null, 204], attempts: 2, status: 204 },
  { name: "two timeouts are the end", answers: [null, null, 204], attempts: 2, status: "timeout" },
])("$name", async ({ answers, attempts, status }) => {
  await using receiver = await startReceiver((n) => answers[n - 1] ?? null);
  await using okta = await startOkta({ users: 2 });
  await okta.hooks.register({ url: receiver.url, secret: "s" });
  okta.hooks.configure({ timeoutMs: 300 });
  okta.admin.createGroup("Platform");
  await okta.hooks.idle();
  expect(receiver.received).toHaveLength(attempts);
  expect(new Set(receiver.received.map((post) => post.envelope.eventId)).size).toBe(1);
  expect(okta.hooks.deliveries).toMatchObject([{ n: 1, attempts, status, eventIds: [receiver.uuids()[0]] }]);
  const complaints = okta.state.logs.filter((event) => event.eventType === "event_hook.delivery");
  expect(complaints).toHaveLength(status === 204 ? 0 : 1);
});

test("a receiver that is down gets one more try, three seconds is the default patience", async () => {
  const receiver = await startReceiver();
  await using okta = await startOkta({ users: 2 });
  await okta.hooks.register({ url: receiver.url, secret: "s" });
  await receiver[Symbol.asyncDispose]();
  okta.admin.createGroup("Platform");
  await okta.hooks.idle();
  expect(okta.hooks.deliveries).toMatchObject([{ attempts: 2, status: "failed" }]);
  await using silent = await startReceiver(() => null);
  await okta.hooks.register({ url: silent.url, secret: "s", events: ["group.profile.update"] });
  okta.admin.renameGroup(okta.dump().groups[1]?.id ?? "", "Renamed");
  await okta.hooks.idle();
  const slow = okta.hooks.deliveries.find((delivery) => delivery.status === "timeout");
  expect(slow?.ms).toBeGreaterThan(5_900);
  expect(slow?.ms).toBeLessThan(8_000);
});

test("knobs: doubled repeats, unordered shuffles, lossRate loses; one seed always does the same", async () => {
  const run = async (knobs: object) => {
    await using receiver = await startReceiver();
    await using okta = await startOkta({ users: 60, activeOnly: true });
    okta.hooks.configure({ seed: 3, maxBatch: 1, parallel: 1, ...knobs });
    await okta.hooks.register({ url: receiver.url, secret: "s" });
    for (const { id } of okta.dump().users) okta.admin.suspend(id);
    await okta.hooks.idle();
    const sent = okta.state.logs.map((event) => event.uuid);
    return {
      order: receiver.uuids().map((uuid) => sent.indexOf(uuid)),
      outcomes: okta.hooks.deliveries.map((d) => d.status),
    };
  };
  const inOrder = (order: number[]) => order.every((place, index) => place === (order[0] ?? 0) + index);
  const calm = await run({});
  expect(calm.order).toHaveLength(60);
  expect(inOrder(calm.order)).toBe(true);
  expect((await run({ doubled: 1 })).order).toHaveLength(120);
  const mixed = await run({ unordered: true });
  expect(new Set(mixed.order).size).toBe(60);
  expect(inOrder(mixed.order)).toBe(false);
  const lossy = await run({ lossRate: 0.5 });
  expect(lossy.order.length).toBeGreaterThan(10);
  expect(lossy.order.length).toBeLessThan(50);
  expect(await run({ lossRate: 0.5 })).toEqual(lossy);
});

test("silent changes reach neither feed, a change can miss one of them, and some types never reach hooks", async () => {
  await using receiver = await startReceiver();
  await using okta = await startOkta({ users: 5, activeOnly: true });
  await okta.hooks.register({ url: receiver.url, secret: "s" });
  const [a, b, c, d] = okta.dump().users.map((user) => user.id);
  const logged = okta.state.logs.length;
  okta.admin.suspend(a ?? "", { silent: true });
  okta.admin.suspend(b ?? "", { only: "hook" });
  okta.admin.suspend(c ?? "", { only: "log" });
  okta.admin.updateProfile(d ?? "", { email: "new.name@example.com" }, { selfService: true });
  okta.admin.deleteUser(d ?? "");
  await okta.hooks.idle();
  const types = (events: readonly { eventType: string }[]) => events.map((event) => event.eventType);
  expect(types(okta.state.logs.slice(logged))).toEqual([
    "user.lifecycle.suspend",
    "user.account.update_primary_email",
    "user.lifecycle.deactivate",
    "user.lifecycle.delete.initiated",
    "user.lifecycle.delete.completed",
  ]);
  expect(types(receiver.received.flatMap((post) => post.envelope.data.events))).toEqual([
    "user.lifecycle.suspend",
    "user.lifecycle.deactivate",
    "user.lifecycle.delete.initiated",
  ]);
  expect(okta.dump().users.filter((user) => user.status === "SUSPENDED")).toHaveLength(3);
});
