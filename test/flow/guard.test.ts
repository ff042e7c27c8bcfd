import { expect, test } from "vitest";
import { actual, leaverCalls, memberOf, statusOf, wanted } from "./look.ts";
import { NO_GUARD, startWorld, type World, keyOf, oktaId } from "./world.ts";

const TEN = { ...NO_GUARD, members: { max: 10, percent: 100 } };

function someUsers(world: World, count: number): string[] {
  return world.okta
    .dump()
    .users.slice(0, count)
    .map((user) => user.id);
}

function join(world: World, name: string): string {
  return world.okta.admin.createUser({ firstName: name, lastName: "New", email: `${name}@example.com` });
}

test("thirty leavers found by one reconciliation are held, all of them, while joiners go on", async () => {
  await using world = await startWorld({ okta: { users: 40, groups: 2 }, organization: { guard: TEN } });
  await world.full();
  for (const id of someUsers(world, 30)) world.okta.admin.suspend(id, { silent: true });
  const joiner = join(world, "joiner");

  await world.full();

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect((await world.held()).filter((operation) => operation.type === "member.revoke").length).toBe(30);
  expect(statusOf(world.bitwarden, joiner)).toBe(0);
});

test("thirty leavers arriving one by one by hooks: the window of a day lets ten go and holds the rest", async () => {
  await using world = await startWorld({ okta: { users: 40, groups: 1 }, organization: { guard: TEN } });
  await world.full();
  for (const id of someUsers(world, 30)) {
    world.okta.admin.suspend(id);
    await world.okta.hooks.idle();
  }
  await world.quiet();
  await world.full();

  expect(leaverCalls(world.bitwarden).length).toBeLessThanOrEqual(10);
  expect((await world.held()).length).toBeGreaterThanOrEqual(20);
  const joiner = join(world, "late");
  await world.quiet();
  expect(statusOf(world.bitwarden, joiner)).toBe(0);
});

test("a restart does not reset the window", async () => {
  await using world = await startWorld({ okta: { users: 40, groups: 1 }, organization: { guard: TEN } });
  await world.full();
  const leavers = someUsers(world, 14);
  for (const id of leavers.slice(0, 8)) world.okta.admin.suspend(id);
  await world.quiet();
  await world.restart();
  for (const id of leavers.slice(8)) world.okta.admin.suspend(id);
  await world.quiet();

  expect(leaverCalls(world.bitwarden).length).toBeLessThanOrEqual(10);
  expect((await world.held()).length).toBeGreaterThan(0);
});

test("three of forty who leave one group one after another are no reason to hold", async () => {
  const guard = { ...NO_GUARD, memberships: { max: 100, percent: 100, percentOfGroup: 50 } };
  await using world = await startWorld({ okta: { users: 40, groups: 0 }, organization: { guard } });
  const { admin } = world.okta;
  const group = admin.createGroup("Everybody Else");
  const people = someUsers(world, 40);
  for (const id of people) admin.addToGroup(id, group);
  await world.full();

  for (const id of people.slice(0, 4)) {
    admin.removeFromGroup(id, group);
    await world.quiet();
  }
  for (const id of people.slice(4, 8)) admin.removeFromGroup(id, group);
  await world.quiet();

  expect(await world.held()).toEqual([]);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("most of one group lost at once is held, other groups are not", async () => {
  const guard = { ...NO_GUARD, memberships: { max: 100, percent: 100, percentOfGroup: 50 } };
  await using world = await startWorld({ okta: { users: 20, groups: 0 }, organization: { guard } });
  const { admin } = world.okta;
  const [losing, living] = [admin.createGroup("Losing"), admin.createGroup("Living")];
  const people = someUsers(world, 10);
  for (const id of people) for (const group of [losing, living]) admin.addToGroup(id, group);
  await world.full();
  for (const id of people.slice(0, 8)) admin.removeFromGroup(id, losing, { silent: true });
  admin.removeFromGroup(people[0] ?? "", living, { silent: true });

  await world.full();

  const held = await world.held();
  expect(held.length).toBe(8);
  expect(new Set(held.map((operation) => operation.object))).toEqual(new Set([keyOf(losing)]));
  expect(actual(world.bitwarden).groups["Living"]?.length).toBe(9);
});

test("of the held, the approved go and the rejected stay, also after the next reconciliation", async () => {
  await using world = await startWorld({ okta: { users: 20, groups: 1 }, organization: { guard: TEN } });
  await world.full();
  for (const id of someUsers(world, 12)) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  const held = await world.held();
  const [first, second, third] = held;
  if (!first || !second || !third) throw new Error("nothing is held");

  await world.reject([first.id]);
  await world.approve([second.id, third.id]);
  await world.full();
  await world.full();

  expect(leaverCalls(world.bitwarden).length).toBe(2);
  expect([first, second, third].map(({ key }) => statusOf(world.bitwarden, oktaId(key)))).toEqual([0, -1, -1]);
  expect((await world.held()).length).toBe(held.length - 3);
  expect((await world.operations("state = 'rejected'")).map((operation) => operation.key)).toEqual([first.key]);
});

test("whoever came back meanwhile is not revoked by an approval", async () => {
  await using world = await startWorld({ okta: { users: 20, groups: 1 }, organization: { guard: TEN } });
  await world.full();
  const leavers = someUsers(world, 12);
  for (const id of leavers) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  const held = await world.held();
  const [single, ...others] = leavers;
  world.okta.admin.unsuspend(single ?? "", { silent: true });
  world.okta.admin.unsuspend(others[0] ?? "", { silent: true });

  await world.approve(held.filter((operation) => operation.key === single).map((operation) => operation.id));
  expect(statusOf(world.bitwarden, single ?? "")).toBe(0);
  await world.approve("all");

  expect(leaverCalls(world.bitwarden).length).toBe(10);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("what a person approved does not count against the next leavers", async () => {
  await using world = await startWorld({ okta: { users: 40, groups: 1 }, organization: { guard: TEN } });
  await world.full();
  const leavers = someUsers(world, 22);
  for (const id of leavers.slice(0, 14)) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  await world.approve("all");
  expect(leaverCalls(world.bitwarden).length).toBe(14);

  for (const id of leavers.slice(14)) world.okta.admin.suspend(id);
  await world.quiet();

  expect(leaverCalls(world.bitwarden).length).toBe(22);
});

test("too many invitations are held as a class, revocations go on, and approval invites each once", async () => {
  const guard = { ...NO_GUARD, invitations: { max: 5, percent: 100 } };
  await using world = await startWorld({ okta: { users: 12, groups: 1 }, organization: { guard } });
  await world.full();
  const joiners = Array.from({ length: 9 }, (_, at) => join(world, `flood${String(at)}`));
  const [leaver] = someUsers(world, 1);
  world.okta.admin.suspend(leaver ?? "");
  await world.quiet();
  await world.full();

  expect(statusOf(world.bitwarden, leaver ?? "")).toBe(-1);
  expect((await world.held()).length).toBeGreaterThanOrEqual(4);
  await world.approve("all");
  expect(joiners.map((id) => memberOf(world.bitwarden, id)?.status)).toEqual(joiners.map(() => 0));
  const mails = world.bitwarden.state.outbox.filter((mail) => mail.to.startsWith("flood"));
  expect(mails.length).toBe(9);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});
