import { once } from "node:events";
import { createServer } from "node:http";
import okta from "@okta/okta-sdk-nodejs";
import { expect, test } from "vitest";
import { z } from "zod";
import { recommendedEvents } from "./event-types.ts";
import { startOkta } from "./server.ts";
import type { OktaEmulator } from "./server.ts";

/** The vendor's own client, so that the emulator is not judged by our idea of the protocol alone. */
function sdkClient({ url, token }: OktaEmulator) {
  return new okta.Client({ orgUrl: url, token, cacheMiddleware: null });
}

test("the vendor's SDK pages through users and members and reads single objects", async () => {
  await using org = await startOkta({ users: 25, activeOnly: true, pageSize: 10 });
  const client = sdkClient(org);
  const found: string[] = [];
  for await (const user of await client.userApi.listUsers({ limit: 200 })) found.push(user?.id ?? "");
  const truth = org.dump();
  expect(found).toEqual(truth.users.map((user) => user.id));
  const everyone = truth.groups.find((group) => group.name === "Everyone");
  const members: string[] = [];
  for await (const user of await client.groupApi.listGroupUsers({ groupId: everyone?.id ?? "" }))
    members.push(user?.id ?? "");
  expect(members).toEqual(everyone?.members);
  const one = await client.userApi.getUser({ userId: truth.users[0]?.id ?? "" });
  expect([one.status, one.profile?.email]).toEqual(["ACTIVE", truth.users[0]?.email]);
  const group = await client.groupApi.getGroup({ groupId: everyone?.id ?? "" });
  expect([group.type, group.profile?.name]).toEqual(["BUILT_IN", "Everyone"]);
});

test("the vendor's SDK understands the errors and the System Log cursor", async () => {
  await using org = await startOkta({ users: 2 });
  const client = sdkClient(org);
  await expect(client.userApi.getUser({ userId: "00uGone" })).rejects.toMatchObject({
    status: 404,
    errorCode: "E0000007",
  });
  org.admin.createGroup("Platform");
  const log = await client.systemLogApi.listLogEvents({ sortOrder: "ASCENDING", limit: 100 });
  const page = z.array(z.looseObject({ eventType: z.string(), published: z.date() })).parse(await log.getNextPage());
  expect(page.map((event) => event.eventType)).toEqual(["group.lifecycle.create"]);
  expect(await log.getNextPage()).toEqual([]);
  expect(log.nextUri).toContain("after=");
});

test("the vendor's SDK registers, verifies, changes and removes a hook; the secret is never shown", async () => {
  const receiver = createServer((request, response) => {
    response.end(JSON.stringify({ verification: request.headers["x-okta-verification-challenge"] }));
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = z.object({ port: z.number() }).parse(receiver.address());
  await using org = await startOkta({ users: 2 });
  const { eventHookApi } = sdkClient(org);
  const eventHook = (items: string[], value: string) =>
    Object.assign(new okta.EventHook(), {
      name: "bridge",
      events: { type: "EVENT_TYPE" as const, items },
      channel: {
        type: "HTTP" as const,
        version: "1.0.0",
        config: {
          uri: `http://127.0.0.1:${port.toFixed()}/`,
          headers: [],
          authScheme: { type: "HEADER" as const, key: "Authorization", value },
        },
      },
    });
  const { id } = await eventHookApi.createEventHook({ eventHook: eventHook([...recommendedEvents], "s3cret") });
  const eventHookId = id ?? "";
  const created = await eventHookApi.getEventHook({ eventHookId });
  expect([created.status, created.verificationStatus]).toEqual(["ACTIVE", "UNVERIFIED"]);
  expect(JSON.stringify(created)).not.toContain("s3cret");
  expect((await eventHookApi.verifyEventHook({ eventHookId })).verificationStatus).toBe("VERIFIED");
  const narrower = eventHook(["user.lifecycle.create"], "s3cret");
  const same = await eventHookApi.replaceEventHook({ eventHookId, eventHook: narrower });
  expect(same.verificationStatus).toBe("VERIFIED");
  const rotated = eventHook(["user.lifecycle.create"], "another");
  const changed = await eventHookApi.replaceEventHook({ eventHookId, eventHook: rotated });
  expect(changed.verificationStatus).toBe("UNVERIFIED");
  const unknown = eventHook(["user.lifecycle.delete"], "s3cret");
  await expect(eventHookApi.createEventHook({ eventHook: unknown })).rejects.toMatchObject({ status: 400 });
  await expect(eventHookApi.deleteEventHook({ eventHookId })).rejects.toMatchObject({ status: 400 });
  await eventHookApi.deactivateEventHook({ eventHookId });
  await eventHookApi.deleteEventHook({ eventHookId });
  await expect(eventHookApi.getEventHook({ eventHookId })).rejects.toMatchObject({ status: 404 });
  receiver.close();
});
