import { expect, test } from "vitest";
import { z } from "zod";
import { startOkta } from "./server.ts";
import type { OktaEmulator } from "./server.ts";

const events = z.array(z.looseObject({ uuid: z.string(), eventType: z.string(), published: z.string() }));

async function poll(okta: OktaEmulator, pathOrUrl: string) {
  const url = pathOrUrl.startsWith("http") ? pathOrUrl : `${okta.url}/api/v1/logs${pathOrUrl}`;
  const response = await fetch(url, { headers: { authorization: `SSWS ${okta.token}` } });
  const body: unknown = await response.json();
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  return { status: response.status, body, next };
}

function types(body: unknown): string[] {
  return events.parse(body).map((event) => event.eventType);
}

test("polling always has a next link, and an empty page answers the cursor it was asked with", async () => {
  await using okta = await startOkta({ users: 5 });
  const since = new Date(Date.now() - 60_000).toISOString();
  const first = await poll(okta, `?sortOrder=ASCENDING&since=${since}`);
  expect(first.body).toEqual([]);
  const second = await poll(okta, first.next ?? "");
  expect(second).toMatchObject({ status: 200, body: [], next: first.next });
  okta.admin.createGroup("Platform");
  const third = await poll(okta, second.next ?? "");
  expect(types(third.body)).toEqual(["group.lifecycle.create"]);
  expect(third.next).not.toBe(second.next);
  expect(types((await poll(okta, third.next ?? "")).body)).toEqual([]);
});

test("polling by pages meets every event once, late ones too, in order of persistence", async () => {
  await using okta = await startOkta({ users: 30, activeOnly: true });
  const [late, ...rest] = okta.dump().users;
  for (const { id } of rest) okta.admin.suspend(id);
  okta.admin.suspend(late?.id ?? "", { publishedAt: new Date(Date.now() - 3_600_000) });
  const seen: string[] = [];
  let page = await poll(okta, "?limit=7");
  while (events.parse(page.body).length > 0) {
    seen.push(...events.parse(page.body).map((event) => event.uuid));
    page = await poll(okta, page.next ?? "");
  }
  expect(seen).toEqual(okta.state.logs.map((event) => event.uuid));
});

test("since leaves out what was persisted before, a bounded request ends and is ordered by publication", async () => {
  await using okta = await startOkta({ users: 5, activeOnly: true });
  const [a, b, c] = okta.dump().users.map((user) => user.id);
  okta.admin.suspend(a ?? "");
  const before = new Date(Date.now() + 5).toISOString();
  await expect.poll(() => new Date().toISOString() > before).toBe(true);
  okta.admin.suspend(b ?? "");
  okta.admin.deactivate(c ?? "", { publishedAt: new Date(Date.now() - 3_600_000) });
  expect(types((await poll(okta, `?since=${before}`)).body)).toEqual([
    "user.lifecycle.suspend",
    "user.lifecycle.deactivate",
  ]);
  const until = new Date(Date.now() + 60_000).toISOString();
  const bounded = await poll(okta, `?until=${until}&limit=2`);
  expect(types(bounded.body)).toEqual(["user.lifecycle.deactivate", "user.lifecycle.suspend"]);
  const end = await poll(okta, bounded.next ?? "");
  expect(types(end.body)).toEqual(["user.lifecycle.suspend"]);
  expect(end.next).toBeUndefined();
});

test("filters with eq, sw and target.id joined by or; the cursor passes over what they leave out", async () => {
  await using okta = await startOkta({ users: 5, activeOnly: true });
  const [a, b] = okta.dump().users.map((user) => user.id);
  const groupId = okta.admin.createGroup("Platform");
  okta.admin.suspend(a ?? "");
  okta.admin.addToGroup(b ?? "", groupId);
  okta.admin.renameGroup(groupId, "Core");
  const ask = (filter: string) => poll(okta, `?filter=${encodeURIComponent(filter)}`);
  expect(types((await ask('eventType sw "user.lifecycle." or eventType eq "group.profile.update"')).body)).toEqual([
    "user.lifecycle.suspend",
    "group.profile.update",
  ]);
  expect(types((await ask(`target.id eq "${b ?? ""}"`)).body)).toEqual(["group.user_membership.add"]);
  const none = await ask('eventType eq "user.lifecycle.create"');
  expect(none.body).toEqual([]);
  okta.admin.createUser({ firstName: "Ada", lastName: "Byron", email: "ada.byron@example.com" });
  expect(types((await poll(okta, none.next ?? "")).body)).toEqual(["user.lifecycle.create"]);
});

test.each([
  ["an unknown attribute", "?filter=nonsense%20eq%20%22x%22", "E0000053"],
  ["published in a filter", "?filter=published%20gt%20%222026-01-01T00%3A00%3A00Z%22", "E0000053"],
  ["a since that is not ISO 8601", "?since=Sat%20Nov%2021%202026", "E0000001"],
  ["a since of more than 180 days ago", "?since=2019-01-01T00:00:00Z", "E0000001"],
  ["since together with after", `?since=${new Date().toISOString()}&after=bG9nOjA`, "E0000001"],
  ["a cursor it never gave", "?after=nonsense", "E0000001"],
])("%s is a 400", async (_what, query, errorCode) => {
  await using okta = await startOkta({ users: 2 });
  expect(await poll(okta, query)).toMatchObject({ status: 400, body: { errorCode } });
});
