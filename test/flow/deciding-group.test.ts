import { expect, test } from "vitest";
import { memberOf, statusOf } from "./look.ts";
import { startWorld, type World } from "./world.ts";

const REVOKED = -1;
const INCLUDED = "Bitwarden";

/** With `groupFilter: include:` only members of the named group take part: a membership decides about access. */
async function start(users: number): Promise<{ world: World; group: string; people: string[] }> {
  const okta = { users, groups: 0 };
  const world = await startWorld({ okta, sync: { groupFilter: `include:${INCLUDED}` } });
  const group = world.okta.admin.createGroup(INCLUDED);
  const people = world.okta.dump().users.map(({ id }) => id);
  return { world, group, people };
}

function snapshots(world: World): number {
  return world.okta.history.filter(({ path }) => path === "/api/v1/users").length;
}

function invited(world: World, people: string[]): number {
  return people.filter((id) => memberOf(world.bitwarden, id) !== undefined).length;
}

function withAccess(world: World, people: string[]): number {
  return people.filter((id) => [0, 1, 2].includes(statusOf(world.bitwarden, id) ?? REVOKED)).length;
}

test("hooks alone invite twenty-five people put into the included group at once, and let them go again", async () => {
  const { world, group, people } = await start(40);
  await using _ = world;
  const { admin } = world.okta;
  admin.addToGroup(people[39] ?? "", group);
  await world.full();
  const before = snapshots(world);
  const many = people.slice(0, 25);

  for (const id of many) admin.addToGroup(id, group);
  await world.quiet();
  await expect.poll(() => invited(world, many), { timeout: 10_000 }).toBe(25);

  for (const id of many) admin.removeFromGroup(id, group);
  await world.quiet();
  await expect.poll(() => withAccess(world, many), { timeout: 10_000 }).toBe(0);

  for (const id of many) admin.addToGroup(id, group);
  await world.quiet();
  await expect.poll(() => withAccess(world, many), { timeout: 10_000 }).toBe(25);
  expect(withAccess(world, people)).toBe(26);
  expect(snapshots(world)).toBe(before);
});

test("an included group that is deleted lets its people go, one that is renamed takes them in or out", async () => {
  const { world, group, people } = await start(8);
  await using _ = world;
  const { admin } = world.okta;
  const other = admin.createGroup("Old name");
  const [mine, theirs] = [people.slice(0, 4), people.slice(4)];
  for (const id of mine) admin.addToGroup(id, group);
  for (const id of theirs) admin.addToGroup(id, other);
  await world.full();
  expect([withAccess(world, mine), withAccess(world, theirs)]).toEqual([4, 0]);
  const before = snapshots(world);

  admin.deleteGroup(group);
  await world.quiet();
  await expect.poll(() => withAccess(world, mine), { timeout: 10_000 }).toBe(0);

  admin.renameGroup(other, INCLUDED);
  await world.quiet();
  await expect.poll(() => withAccess(world, theirs), { timeout: 10_000 }).toBe(4);

  admin.renameGroup(other, "Another name");
  await world.quiet();
  await expect.poll(() => withAccess(world, theirs), { timeout: 10_000 }).toBe(0);
  expect(snapshots(world)).toBe(before);
});

test("a mass leave that no hook told is found by the reconciliation and decided as one", async () => {
  const guard = {
    members: { max: 5, percent: 10 },
    memberships: { max: 100_000, percent: 100, percentOfGroup: 100 },
    groups: { max: 100, percent: 100 },
    invitations: { max: 100_000, percent: 100 },
  };
  const okta = { users: 30, groups: 0 };
  await using world = await startWorld({ okta, sync: { groupFilter: `include:${INCLUDED}` }, organization: { guard } });
  const { admin } = world.okta;
  const group = admin.createGroup(INCLUDED);
  const people = world.okta.dump().users.map(({ id }) => id);
  for (const id of people) admin.addToGroup(id, group);
  await world.full();

  for (const id of people.slice(0, 20)) admin.removeFromGroup(id, group, { silent: true });
  await world.full();

  expect(withAccess(world, people)).toBe(30);
  const held = (await world.held()).filter(({ type }) => type === "member.revoke");
  expect(held.length).toBe(20);
});
