import { expect, test } from "vitest";
import { z } from "zod";
import { startOkta } from "./server.ts";
import type { OktaEmulator } from "./server.ts";

const users = z.array(
  z.looseObject({ id: z.string(), status: z.string(), profile: z.looseObject({ email: z.string() }) }),
);
const groups = z.array(
  z.looseObject({ id: z.string(), type: z.string(), profile: z.looseObject({ name: z.string() }) }),
);

async function get(okta: OktaEmulator, path: string, token = okta.token) {
  const url = path.startsWith("http") ? path : okta.url + path;
  const response = await fetch(url, { headers: { authorization: `SSWS ${token}` } });
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body, next: nextLink(response.headers) };
}

function nextLink(headers: Headers): string | undefined {
  return /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
}

async function everyUser(okta: OktaEmulator, path: string) {
  const found: z.infer<typeof users> = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages++) {
    const page = await get(okta, next);
    found.push(...users.parse(page.body));
    next = page.next;
  }
  return { found, pages };
}

test("a user has the published fields, and is found by id and by login", async () => {
  await using okta = await startOkta({ users: 3 });
  const [first] = okta.dump().users;
  const byId = await get(okta, `/api/v1/users/${first?.id ?? ""}`);
  const typeId: unknown = expect.stringMatching(/^oty/);
  expect(byId.body).toMatchObject({
    id: first?.id,
    status: "ACTIVE",
    transitioningToStatus: null,
    type: { id: typeId },
    profile: { email: first?.email, login: first?.email },
    credentials: { provider: { type: "OKTA", name: "OKTA" } },
    _links: { self: { href: `${okta.url}/api/v1/users/${first?.id ?? ""}` } },
  });
  expect(first?.id).toMatch(/^00u[A-Za-z0-9]{17}$/);
  const byLogin = await get(okta, `/api/v1/users/${encodeURIComponent(first?.email ?? "")}`);
  expect(byLogin.body).toEqual(byId.body);
});

test("errors have Okta's body: 401 E0000011 for a wrong token, 404 E0000007 for an unknown id, 405 for a wrong method", async () => {
  await using okta = await startOkta({ users: 3 });
  const errorId: unknown = expect.stringMatching(/^oae/);
  const body = (errorCode: string, errorSummary: string) => ({
    errorCode,
    errorSummary,
    errorLink: errorCode,
    errorId,
    errorCauses: [],
  });
  const refused = await get(okta, "/api/v1/users", "wrong");
  expect(refused).toMatchObject({ status: 401, body: body("E0000011", "Invalid token provided") });
  const gone = await get(okta, "/api/v1/users/00uGone");
  expect(gone.status).toBe(404);
  expect(gone.body).toEqual(body("E0000007", "Not found: Resource not found: 00uGone (User)"));
  const group = await get(okta, "/api/v1/groups/00gGone/users");
  expect(group.body).toEqual(body("E0000007", "Not found: Resource not found: 00gGone (UserGroup)"));
  const written = await fetch(`${okta.url}/api/v1/users`, {
    method: "POST",
    headers: { authorization: `SSWS ${okta.token}` },
  });
  expect(written.status).toBe(405);
  const open = await fetch(`${okta.url}/api/v1/users`);
  expect(open.status).toBe(401);
});

test("self and next travel as two Link headers, and following next meets everybody once", async () => {
  await using okta = await startOkta({ users: 25, activeOnly: true, pageSize: 10 });
  const raw = await get(okta, "/api/v1/users?limit=200");
  const links = (raw.headers.get("link") ?? "").split(", ");
  expect(links).toEqual([
    `<${okta.url}/api/v1/users?limit=200>; rel="self"`,
    expect.stringMatching(/^<http.*\/api\/v1\/users\?limit=200&after=[\w-]+>; rel="next"$/),
  ]);
  const { found, pages } = await everyUser(okta, "/api/v1/users?limit=200");
  expect(pages).toBe(3);
  expect(found.map((user) => user.id)).toEqual(okta.dump().users.map((user) => user.id));
});

test("a cursor of one list is refused by another", async () => {
  await using okta = await startOkta({ users: 25, pageSize: 10 });
  const { next } = await get(okta, "/api/v1/users");
  const cursor = new URL(next ?? "").searchParams.get("after") ?? "";
  expect((await get(okta, `/api/v1/groups?after=${cursor}`)).status).toBe(400);
  expect((await get(okta, "/api/v1/users?after=made-up")).status).toBe(400);
});

test("the plain list omits deprovisioned users; a filter shows them", async () => {
  await using okta = await startOkta({ users: 20, activeOnly: true });
  const leaver = okta.dump().users[4]?.id ?? "";
  okta.admin.deactivate(leaver);
  const plain = await everyUser(okta, "/api/v1/users");
  expect(plain.found).toHaveLength(19);
  const filtered = await everyUser(okta, `/api/v1/users?filter=${encodeURIComponent('status eq "DEPROVISIONED"')}`);
  expect(filtered.found.map((user) => user.id)).toEqual([leaver]);
});

test("filters combine with and, or and parentheses, and refuse what the endpoint cannot do", async () => {
  await using okta = await startOkta({ users: 20, activeOnly: true });
  const [a, b, c] = okta.dump().users;
  const before = new Date(Date.now() + 5).toISOString();
  await expect.poll(() => new Date().toISOString() > before).toBe(true);
  okta.admin.updateProfile(b?.id ?? "", { title: "Chief" });
  const ask = (filter: string) => get(okta, `/api/v1/users?filter=${encodeURIComponent(filter)}`);
  const ids = async (filter: string) => users.parse((await ask(filter)).body).map((user) => user.id);
  expect(await ids(`id eq "${a?.id ?? ""}" or profile.login eq "${c?.email ?? ""}"`)).toEqual([a?.id, c?.id]);
  expect(await ids(`lastUpdated gt "${before}"`)).toEqual([b?.id]);
  expect(await ids(`(id eq "${a?.id ?? ""}" or id eq "${b?.id ?? ""}") and lastUpdated ge "${before}"`)).toEqual([
    b?.id,
  ]);
  for (const wrong of ['profile.title eq "x"', 'status sw "ACT"', "status eq ACTIVE", 'status eq "ACTIVE" and']) {
    expect(await ask(wrong)).toMatchObject({ status: 400, body: { errorCode: "E0000031" } });
  }
  expect((await get(okta, "/api/v1/users?q=ann")).status).toBe(501);
});

test("groups: Everyone is built in, members include deactivated people, a user's groups match", async () => {
  await using okta = await startOkta({ users: 60, groups: 15, activeOnly: true });
  const listed = groups.parse((await get(okta, "/api/v1/groups")).body);
  expect(listed).toHaveLength(16);
  expect(listed[0]).toMatchObject({ type: "BUILT_IN", profile: { name: "Everyone" } });
  const engineering = okta.dump().groups.find((group) => group.name === "Engineering");
  const member = engineering?.members[0] ?? "";
  okta.admin.deactivate(member);
  const members = await everyUser(okta, `/api/v1/groups/${engineering?.id ?? ""}/users?limit=200`);
  expect(members.found.map((user) => user.id)).toEqual(engineering?.members);
  expect(members.found[0]?.status).toBe("DEPROVISIONED");
  const own = groups.parse((await get(okta, `/api/v1/users/${member}/groups`)).body);
  expect(own.map((group) => group.profile.name)).toContain("Engineering");
  const stats = await get(okta, `/api/v1/groups/${engineering?.id ?? ""}?expand=stats`);
  expect(stats.body).toMatchObject({ _embedded: { stats: { usersCount: engineering?.members.length } } });
});

test("a group's lastUpdated is its profile, lastMembershipUpdated its members; an import may touch neither", async () => {
  await using okta = await startOkta({ users: 20, groups: 5 });
  const groupId = okta.admin.createGroup("Platform");
  const [user, other] = okta.dump().users;
  const before = new Date(Date.now() + 5).toISOString();
  await expect.poll(() => new Date().toISOString() > before).toBe(true);
  const changed = async (attribute: string) => {
    const filter = encodeURIComponent(`${attribute} gt "${before}" and type eq "OKTA_GROUP"`);
    return groups.parse((await get(okta, `/api/v1/groups?filter=${filter}`)).body).map((group) => group.id);
  };
  okta.admin.addToGroup(user?.id ?? "", groupId, { keepTimestamps: true });
  expect(await changed("lastMembershipUpdated")).toEqual([]);
  okta.admin.addToGroup(other?.id ?? "", groupId);
  expect(await changed("lastMembershipUpdated")).toEqual([groupId]);
  expect(await changed("lastUpdated")).toEqual([]);
  okta.admin.renameGroup(groupId, "Core Platform");
  expect(await changed("lastUpdated")).toEqual([groupId]);
});

test("a slow deactivation shows the old status with transitioningToStatus first", async () => {
  await using okta = await startOkta({ users: 5, activeOnly: true });
  const id = okta.dump().users[0]?.id ?? "";
  okta.admin.deactivate(id, { delayMs: 300 });
  const during = await get(okta, `/api/v1/users/${id}`);
  expect(during.body).toMatchObject({ status: "ACTIVE", transitioningToStatus: "DEPROVISIONED" });
  expect(okta.state.logs.at(-1)?.eventType).toBe("user.lifecycle.deactivate");
  await expect
    .poll(async () => (await get(okta, `/api/v1/users/${id}`)).body)
    .toMatchObject({ status: "DEPROVISIONED", transitioningToStatus: null });
});

test("one seed always makes the same believable company, at reserved domains only", async () => {
  await using one = await startOkta({ users: 300, groups: 40, seed: 7 });
  await using two = await startOkta({ users: 300, groups: 40, seed: 7 });
  await using other = await startOkta({ users: 300, groups: 40, seed: 8 });
  expect(one.dump()).toEqual(two.dump());
  expect(one.dump()).not.toEqual(other.dump());
  for (const { email } of one.dump().users) expect(email).toMatch(/^[a-z]+[a-z-]*\.[a-z-]+\d*@example\.(com|org|net)$/);
  expect(new Set(one.dump().users.map((user) => user.status)).size).toBeGreaterThan(4);
  expect(one.dump().groups).toHaveLength(41);
});

test("ten thousand users are made and read page by page in a few seconds", async () => {
  const startMs = Date.now();
  await using okta = await startOkta({ users: 10_000, groups: 200, activeOnly: true });
  const { found, pages } = await everyUser(okta, "/api/v1/users?limit=200");
  expect([found.length, pages]).toEqual([10_000, 50]);
  const everyone = okta.dump().groups.find((group) => group.name === "Everyone");
  const members = await everyUser(okta, `/api/v1/groups/${everyone?.id ?? ""}/users?limit=200`);
  expect(members.found).toHaveLength(10_000);
  expect(Date.now() - startMs).toBeLessThan(15_000);
});
