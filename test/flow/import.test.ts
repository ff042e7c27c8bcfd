import { expect, test } from "vitest";
import { setStarted } from "../../src/store/state.ts";
import { troublesByCause } from "../../src/store/operations/troubles.ts";
import { ImportSize } from "../../src/sync/deliver/import-size.ts";
import { organizationOf, persist, person, rested } from "./deliver.ts";
import { actual, memberOf, statusOf, wanted } from "./look.ts";
import { OWNER, startWorld, type World } from "./world.ts";

const IMPORT = { method: "POST", path: "/public/organization/import" };
const HOUR_MS = 60 * 60 * 1000;

/** People who are in the directory and in Bitwarden's way, without a hook: the next reconciliation meets them at once. */
function join(world: World, count: number, name = "joiner"): string[] {
  return Array.from({ length: count }, (_, at) => {
    const email = `${name}${String(at)}@example.com`;
    return world.okta.admin.createUser({ firstName: name, lastName: String(at), email }, { silent: true });
  });
}

function calls(world: World, from: number, route: string): number {
  return world.bitwarden.history.after(from).filter((call) => call.route === route).length;
}

function mails(world: World): string[] {
  return world.bitwarden.state.outbox.map((mail) => mail.to);
}

test("an account in mixed case is linked by GET and PUT, and keeps role, collections and groups", async () => {
  await using world = await startWorld({ okta: { users: 3, groups: 0 }, bitwarden: { dialect: "bitwarden-ef" } });
  const { admin } = world.bitwarden;
  const id = world.okta.admin.createUser({ firstName: "A", lastName: "N", email: "ann@example.com" }, { silent: true });
  const ann = admin.addMember({ email: "Ann@Example.com", type: 4 });
  const collection = admin.createCollection();
  admin.grantCollections(ann.id, [{ id: collection.id, hidePasswords: true }]);
  const group = admin.addGroup({ name: "By hand", members: [ann.id] });
  await world.full();
  await persist(world);

  const after = admin.member(ann.id);
  expect(after).toMatchObject({ externalId: id, type: 4, collections: [{ id: collection.id, hidePasswords: true }] });
  expect([...(world.bitwarden.state.groupMembers.get(group.id) ?? [])]).toEqual([ann.id]);
  expect(world.bitwarden.dump().members.filter(({ email }) => email.toLowerCase() === "ann@example.com").length).toBe(
    1,
  );
  expect(mails(world)).not.toContain("ann@example.com");
});

const POISONS: [string, (world: World) => void][] = [
  [
    "two members of one external id",
    ({ bitwarden: { admin } }) => {
      for (const n of [1, 2]) admin.addMember({ email: `twin${String(n)}@elsewhere.example`, externalId: "twin" });
    },
  ],
  [
    "two unlinked members of one address",
    ({ bitwarden: { admin } }) => {
      for (const status of [0, 2]) admin.addMember({ email: "twin2@elsewhere.example", status });
    },
  ],
  [
    "two groups of one external id",
    ({ bitwarden: { admin } }) => {
      for (const n of [1, 2]) admin.addGroup({ name: `Twin ${String(n)}`, externalId: "twin" });
    },
  ],
];

for (const [poison, make] of POISONS) {
  test(`${poison}: joiners and new groups are served all the same`, async () => {
    await using world = await rested();
    make(world);
    const joiners = join(world, 3);
    const group = world.okta.admin.createGroup("Fresh", { silent: true });
    for (const id of joiners) world.okta.admin.addToGroup(id, group, { silent: true });
    await world.full();
    await persist(world);

    expect(joiners.map((id) => statusOf(world.bitwarden, id))).toEqual([0, 0, 0]);
    const fresh = world.bitwarden.dump().groups.find(({ externalId }) => externalId === group);
    expect(fresh?.members.toSorted()).toEqual(joiners.toSorted());
    expect(
      world.bitwarden.history.entries.filter((call) => call.route.endsWith("import") && call.status >= 500),
    ).toEqual([]);
    expect(new Set(mails(world)).size).toBe(mails(world).length);
  });
}

test("imports that are carried out but answered 504 lose nobody, no membership, and mail nobody twice", async () => {
  await using world = await rested({ okta: { users: 4, groups: 0 } });
  const joiners = join(world, 250);
  const group = world.okta.admin.createGroup("Everybody new", { silent: true });
  for (const id of joiners) world.okta.admin.addToGroup(id, group, { silent: true });
  world.bitwarden.faults.add({ kind: "500AfterCommit", status: 504, times: 3, match: IMPORT });
  await world.full();
  await persist(world);

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  expect(new Set(mails(world)).size).toBe(mails(world).length);
});

test("seats for some: those get in, the others are one sentence with numbers, and what needs no seat goes on", async () => {
  await using world = await rested({ okta: { users: 4, groups: 0 }, bitwarden: { hosted: "self", seats: 5 + 39 } });
  const joiners = join(world, 60);
  const from = world.bitwarden.history.last;
  await world.full();
  await world.quiet();

  expect(joiners.filter((id) => statusOf(world.bitwarden, id) === 0).length).toBe(39);
  expect(calls(world, from, "POST /public/organization/import")).toBeLessThanOrEqual(12);
  const [trouble, ...others] = await troublesByCause(world.app.database.reader, OWNER.organization);
  expect(others).toEqual([]);
  expect(trouble).toMatchObject({ count: 21, types: ["member.invite"], states: ["ready"] });
  expect(trouble?.error).toMatch(/^21 people wait for seats and none is free: 44 members hold one\./);
  expect(trouble?.error).toContain("`bwbridge sync`");
  const inMs = (trouble?.dueAt ?? 0) - Date.now();
  expect(inMs).toBeGreaterThan(0.9 * HOUR_MS);
  expect(inMs).toBeLessThanOrEqual(HOUR_MS);

  const group = world.okta.admin.createGroup("No seat needed");
  world.okta.admin.addToGroup(person(world), group);
  await world.quiet();
  expect(world.bitwarden.dump().groups.find(({ externalId }) => externalId === group)?.members).toEqual([
    person(world),
  ]);

  world.bitwarden.state.organization.seats = 500;
  await world.poll();
  await persist(world);
  expect(joiners.filter((id) => statusOf(world.bitwarden, id) === 0).length).toBe(60);
});

test("an organization with more members than seats still gets its groups", async () => {
  await using world = await rested();
  world.bitwarden.state.organization.seats = 2;
  const group = world.okta.admin.createGroup("Over the limit");
  world.okta.admin.addToGroup(person(world), group);
  await persist(world);
  expect(world.bitwarden.dump().groups.find(({ externalId }) => externalId === group)?.members).toEqual([
    person(world),
  ]);
});

test("a refusal that is nobody's own is met once for all, and tried again within the hour", async () => {
  await using world = await rested({ okta: { users: 5, groups: 0 } });
  join(world, 64);
  const from = world.bitwarden.history.last;
  const json = { object: "error", message: "Organization must have at least one confirmed owner.", errors: null };
  world.bitwarden.faults.add({ kind: "answer", status: 400, json, match: IMPORT, times: 1_000 });
  await world.full();
  await world.quiet();

  expect(calls(world, from, "POST /public/organization/import")).toBe(1);
  const [trouble, ...others] = await troublesByCause(world.app.database.reader, OWNER.organization);
  expect(others).toEqual([]);
  expect(trouble).toMatchObject({ count: 64, states: ["ready"] });
});

test("a record that the answer names is set aside alone, and the others go out at once", async () => {
  await using world = await rested({ okta: { users: 5, groups: 0 } });
  const joiners = join(world, 8);
  const from = world.bitwarden.history.last;
  const errors = { "Members[3].Email": ["The Email field is not a valid e-mail address."] };
  const json = { object: "error", message: "The request's model state is invalid.", errors };
  world.bitwarden.faults.add({ kind: "answer", status: 400, json, match: IMPORT });
  await world.full();
  await world.quiet();

  expect(calls(world, from, "POST /public/organization/import")).toBe(2);
  expect(joiners.filter((id) => statusOf(world.bitwarden, id) === 0).length).toBe(7);
  const [failed, ...others] = await world.operations("open = 1 AND error IS NOT NULL");
  expect(others).toEqual([]);
  expect([failed?.state, failed?.sentAt, failed?.error]).toEqual([
    "failed",
    null,
    expect.stringContaining("Members[3].Email"),
  ]);
});

test("an import that is too large is cut; a group that is too large by itself is created and filled by one request", async () => {
  await using world = await rested({ okta: { users: 60, groups: 0 } });
  organizationOf(world).importSize.groups = new ImportSize(1_000);
  const { admin } = world.okta;
  const everybody = world.okta.dump().users.map(({ id }) => id);
  for (const name of ["Small 1", "Small 2", "Large"]) {
    const group = admin.createGroup(name, { silent: true });
    for (const id of name === "Large" ? everybody : everybody.slice(0, 10))
      admin.addToGroup(id, group, { silent: true });
  }
  const from = world.bitwarden.history.last;
  await world.full();
  await persist(world);

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  const sizes = world.bitwarden.history
    .after(from)
    .filter((call) => call.route === "POST /public/organization/import")
    .map((call) => call.bodyBytes);
  expect(Math.max(...sizes)).toBeLessThan(1_500);
  expect(calls(world, from, "POST /public/groups")).toBe(1);
  expect(calls(world, from, "PUT /public/groups/{id}/member-ids")).toBe(1);
});

test("413 halves what the next import carries, until it fits", async () => {
  await using world = await rested({ okta: { users: 4, groups: 0 } });
  for (let n = 0; n < 8; n += 1) world.okta.admin.createGroup(`Group ${String(n)}`, { silent: true });
  world.bitwarden.faults.add({ kind: "answer", status: 413, match: IMPORT });
  await world.full();
  await persist(world);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  expect(organizationOf(world).importSize.groups.bytes).toBeLessThan(5_000_000);
});

test("a stop takes effect between two requests, and what was sent is finished after the start", async () => {
  await using world = await rested({ okta: { users: 30, groups: 0 }, bitwarden: { latencyMs: 60 } });
  const people = world.okta.dump().users.map(({ id }) => id);
  for (const id of people) world.okta.admin.suspend(id, { silent: true });
  const synced = world.full();
  const revoked = () => people.filter((id) => statusOf(world.bitwarden, id) === -1).length;
  await expect.poll(revoked, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
  const { writer } = world.app.database;
  await setStarted(writer, OWNER.connection, false);
  const atStop = revoked();
  await synced;

  expect(revoked()).toBeLessThanOrEqual(atStop + 1);
  expect(await world.operations("state = 'sending'")).toEqual([]);
  await setStarted(writer, OWNER.connection, true);
  for (const connection of world.app.connections) connection.ringOrganization();
  await persist(world);
  expect(revoked()).toBe(30);
  world.okta.admin.unsuspend(people[0] ?? "");
  await persist(world);
  expect(statusOf(world.bitwarden, people[0] ?? "")).toBe(0);
  expect(memberOf(world.bitwarden, people[1] ?? "")?.status).toBe(-1);
});
