import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { hintDepth } from "../../src/store/hints/hint-depth.ts";
import type { FaultSpec } from "../fakes/bitwarden/faults.ts";
import { actual, groupsOf, statusOf, wanted } from "../flow/look.ts";
import { keyOf, OWNER, startWorld, type World } from "../flow/world.ts";

/** The work is done, the answer never arrives: by the next decision nobody has read back yet. */
function loseAnswer(world: World, method: string, path: RegExp): void {
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: { method, path } } satisfies FaultSpec);
}

/** Waits until every hint is read and decided, also those that wait for company; retries may be left. */
async function settled(world: World): Promise<void> {
  do {
    await sleep(20);
    await world.quiet();
  } while ((await hintDepth(world.app.database.reader, OWNER.connection)).waiting > 0);
  await world.quiet();
}

function someone(world: World): string {
  return world.okta.dump().users[0]?.id ?? "";
}

const INVITED = 0;
const REVOKED = -1;

test("a revocation whose answer was lost is known as ours when a reconciliation sees it first", async () => {
  await using world = await startWorld();
  await world.full();
  const person = someone(world);
  loseAnswer(world, "POST", /revoke$/);
  world.okta.admin.suspend(person);
  await settled(world);

  await world.full();
  world.okta.admin.unsuspend(person);
  await settled(world);
  await world.full();

  expect(statusOf(world.bitwarden, person)).toBe(INVITED);
  expect((await world.notices()).map(({ code }) => code)).not.toContain("revoked-by-hand");
});

test("a decision about the person's group does not take the revocation for somebody else's", async () => {
  await using world = await startWorld({ okta: { users: 20, groups: 1 } });
  const { okta, bitwarden } = world;
  const group = okta.admin.createGroup("Everybody here");
  for (const { id } of okta.dump().users) okta.admin.addToGroup(id, group, { silent: true });
  await world.full();
  const [person, ...others] = okta.dump().users.filter(({ status }) => status === "ACTIVE");
  loseAnswer(world, "POST", /revoke$/);
  okta.admin.suspend(person?.id ?? "");
  await settled(world);
  await world.app.database
    .writer("operations")
    .where({ state: "ready" })
    .update({ due_at: Date.now() + 60_000 });

  // Six changes in one group read the whole list of members.
  for (const { id } of others.slice(0, 6)) okta.admin.removeFromGroup(id, group, { silent: true });
  okta.admin.renameGroup(group, "Some of us");
  await settled(world);
  okta.admin.unsuspend(person?.id ?? "");
  await settled(world);

  expect(statusOf(bitwarden, person?.id ?? "")).toBe(INVITED);
});

test("who comes back before the lost answer of the revocation was read is restored at once", async () => {
  await using world = await startWorld();
  await world.full();
  const person = someone(world);
  loseAnswer(world, "POST", /revoke$/);
  world.okta.admin.suspend(person);
  await settled(world);

  world.okta.admin.unsuspend(person);
  await settled(world);

  expect(statusOf(world.bitwarden, person)).toBe(INVITED);
});

test("who leaves before the lost answer of the restoration was read is revoked at once", async () => {
  await using world = await startWorld();
  await world.full();
  const person = someone(world);
  world.okta.admin.suspend(person);
  await settled(world);
  loseAnswer(world, "POST", /restore$/);
  world.okta.admin.unsuspend(person);
  await settled(world);

  world.okta.admin.suspend(person);
  await settled(world);

  expect(statusOf(world.bitwarden, person)).toBe(REVOKED);
});

test("who leaves before the lost answer of the invitation was read is revoked at once", async () => {
  await using world = await startWorld();
  await world.full();
  loseAnswer(world, "POST", /import$/);
  const person = world.okta.admin.createUser({ firstName: "Nova", lastName: "New", email: "nova@example.com" });
  await settled(world);

  world.okta.admin.deactivate(person);
  await settled(world);

  expect(statusOf(world.bitwarden, person)).toBe(REVOKED);
});

test("a membership given with a lost answer is taken again at once when it ends", async () => {
  await using world = await startWorld();
  await world.full();
  const person = someone(world);
  const group = world.okta.admin.createGroup("Late");
  await settled(world);
  loseAnswer(world, "PUT", /group-ids$/);
  world.okta.admin.addToGroup(person, group);
  await settled(world);
  expect(groupsOf(world.bitwarden, person)).toContain("Late");

  world.okta.admin.removeFromGroup(person, group);
  await settled(world);

  expect(groupsOf(world.bitwarden, person)).not.toContain("Late");
});

test("a group created with a lost answer is adopted with the members it was created with", async () => {
  await using world = await startWorld();
  await world.full();
  const person = someone(world);
  loseAnswer(world, "POST", /import$/);
  const group = world.okta.admin.createGroup("Late");
  world.okta.admin.addToGroup(person, group);
  await settled(world);

  world.okta.admin.removeFromGroup(person, group);
  world.okta.admin.renameGroup(group, "Later");
  await settled(world);

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("revocations with lost answers count for the guard, whoever found out that they worked", async () => {
  await using world = await startWorld({
    organization: { guard: { members: { max: 3, percent: 100 } } },
    okta: { users: 20, groups: 0 },
  });
  await world.full();
  const people = world.okta.dump().users.map(({ id }) => id);
  for (const person of people.slice(0, 3)) {
    loseAnswer(world, "POST", /revoke$/);
    world.okta.admin.suspend(person);
    await settled(world);
  }
  await world.full();

  world.okta.admin.suspend(people[3] ?? "");
  await settled(world);

  expect((await world.held()).map(({ key }) => key)).toEqual([keyOf(people[3])]);
});
