import { expect, test } from "vitest";
import { actual, groupsOf, leaverCalls, memberOf, statusOf, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

async function settled(world: World): Promise<void> {
  await world.quiet();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
}

function groupNamed(world: World, name: string): string {
  const group = world.okta.dump().groups.find((one) => one.name === name);
  if (!group) throw new Error(`no group ${name}`);
  return group.id;
}

test("hooks alone carry a joiner, a mover, a new group, a rename and a leaver into Bitwarden", async () => {
  await using world = await startWorld();
  const { admin } = world.okta;
  await world.full();
  const snapshots = world.okta.history.filter((entry) => entry.path === "/api/v1/users").length;

  const joiner = admin.createUser({ firstName: "Nova", lastName: "New", email: "nova@example.com" });
  admin.addToGroup(joiner, groupNamed(world, "Sales"));
  await settled(world);
  expect(groupsOf(world.bitwarden, joiner)).toEqual(["Sales"]);

  admin.removeFromGroup(joiner, groupNamed(world, "Sales"));
  admin.addToGroup(joiner, groupNamed(world, "Engineering"));
  const fresh = admin.createGroup("Skunkworks");
  admin.addToGroup(joiner, fresh);
  await settled(world);
  expect(groupsOf(world.bitwarden, joiner)).toEqual(["Engineering", "Skunkworks"]);

  admin.renameGroup(fresh, "Special Projects");
  await settled(world);
  expect(groupsOf(world.bitwarden, joiner)).toEqual(["Engineering", "Special Projects"]);

  admin.deactivate(joiner);
  await settled(world);
  expect(statusOf(world.bitwarden, joiner)).toBe(-1);
  expect(world.okta.history.filter((entry) => entry.path === "/api/v1/users").length).toBe(snapshots);
});

test("whoever is suspended is revoked and keeps the groups; back again, the same groups are restored", async () => {
  await using world = await startWorld();
  await world.full();
  const person = world.okta.dump().groups.find((group) => group.name === "Engineering")?.members[0] ?? "";
  const before = groupsOf(world.bitwarden, person);

  world.okta.admin.suspend(person);
  await settled(world);
  expect(statusOf(world.bitwarden, person)).toBe(-1);
  expect(groupsOf(world.bitwarden, person)).toEqual(before);

  world.okta.admin.unsuspend(person);
  await settled(world);
  expect(statusOf(world.bitwarden, person)).toBe(0);
  expect(groupsOf(world.bitwarden, person)).toEqual(before);
});

test("groups that changed while somebody was away are corrected before the member is restored", async () => {
  await using world = await startWorld();
  await world.full();
  const engineering = groupNamed(world, "Engineering");
  const sales = groupNamed(world, "Sales");
  const person = world.okta.dump().groups.find((group) => group.id === engineering)?.members[0] ?? "";
  world.okta.admin.suspend(person);
  await world.quiet();
  world.okta.admin.removeFromGroup(person, engineering);
  world.okta.admin.addToGroup(person, sales);
  await world.quiet();
  expect(groupsOf(world.bitwarden, person)).toContain("Engineering");
  const from = world.bitwarden.history.last;

  world.okta.admin.unsuspend(person);
  await settled(world);

  const routes = world.bitwarden.history
    .after(from)
    .filter((entry) => entry.method !== "GET" && entry.path.includes("/public/"))
    .map((entry) => entry.route);
  expect(routes.at(-1)).toBe("POST /public/members/{id}/restore");
  expect(routes.filter((route) => route.endsWith("group-ids") || route.endsWith("member-ids"))).not.toEqual([]);
});

test("a deleted user is revoked, never removed, and a deactivated one too", async () => {
  await using world = await startWorld();
  await world.full();
  const [first, second] = world.okta.dump().users;
  world.okta.admin.deleteUser(first?.id ?? "");
  world.okta.admin.deactivate(second?.id ?? "");
  await settled(world);

  expect(statusOf(world.bitwarden, first?.id ?? "")).toBe(-1);
  expect(statusOf(world.bitwarden, second?.id ?? "")).toBe(-1);
  expect(leaverCalls(world.bitwarden).every((call) => call.endsWith("/revoke"))).toBe(true);
});

test("a deactivation that Okta is still carrying out revokes already", async () => {
  await using world = await startWorld();
  await world.full();
  const [person] = world.okta.dump().users;
  world.okta.admin.deactivate(person?.id ?? "", { delayMs: 60_000 });
  await world.quiet();
  expect(statusOf(world.bitwarden, person?.id ?? "")).toBe(-1);
});

test("doubled, unordered and late hooks end in the same state, and each change is sent once", async () => {
  await using world = await startWorld();
  world.okta.hooks.configure({ doubled: 0.8, unordered: true, spreadMs: 120, seed: 7 });
  await world.full();
  const { admin } = world.okta;
  const person = admin.createUser({ firstName: "Zig", lastName: "Zag", email: "zig@example.com" });
  const sales = groupNamed(world, "Sales");
  for (let turn = 0; turn < 3; turn += 1) {
    admin.addToGroup(person, sales);
    admin.removeFromGroup(person, sales);
    admin.suspend(person);
    admin.unsuspend(person);
  }
  admin.addToGroup(person, sales);
  await settled(world);

  const mails = world.bitwarden.state.outbox.filter((mail) => mail.to === "zig@example.com");
  expect(mails.length).toBe(1);
  expect(groupsOf(world.bitwarden, person)).toEqual(["Sales"]);
});

test("what a lost hook left out is found by the poll of the System Log", async () => {
  await using world = await startWorld();
  await world.full();
  await world.poll();
  world.okta.hooks.configure({ lossRate: 1 });
  const person = world.okta.admin.createUser({ firstName: "Lost", lastName: "Hook", email: "lost@example.com" });
  const [leaver] = world.okta.dump().users;
  world.okta.admin.suspend(leaver?.id ?? "");
  await world.quiet();
  expect(memberOf(world.bitwarden, person)).toBeUndefined();

  await world.poll();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("what neither hook nor log told is found by the next reconciliation", async () => {
  await using world = await startWorld();
  await world.full();
  const silent = { silent: true, keepTimestamps: true };
  const { admin } = world.okta;
  const [first, second, third] = world.okta.dump().users;
  admin.createUser({ firstName: "Silent", lastName: "Joiner", email: "silent@example.com" }, silent);
  admin.deleteUser(first?.id ?? "", silent);
  admin.suspend(second?.id ?? "", silent);
  const sales = groupNamed(world, "Sales");
  if (world.okta.state.members.has(sales, third?.id ?? "")) admin.removeFromGroup(third?.id ?? "", sales, silent);
  else admin.addToGroup(third?.id ?? "", sales, silent);
  admin.renameGroup(groupNamed(world, "Engineering"), "Research", silent);

  await world.full();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("events of unknown types and about unknown people are answered and change nothing", async () => {
  await using world = await startWorld();
  await world.full();
  const writes = world.bitwarden.history.writes().length;
  const events = ["user.lifecycle.teleport", "security.breach", "group.user_membership.add"].map((eventType, at) => ({
    uuid: `00000000-0000-0000-0000-00000000000${String(at)}`,
    eventType,
    published: new Date().toISOString(),
    target: [{ id: "00unobodyknows000000", type: "User" }],
  }));

  const answer = await fetch(world.hooksUrl, {
    method: "POST",
    headers: { authorization: "hook-secret-of-at-least-32-characters-00", "content-type": "application/json" },
    body: JSON.stringify({ eventType: "com.okta.event_hook", eventId: "e1", data: { events } }),
  });
  await world.quiet();

  expect(answer.status).toBeLessThan(300);
  expect(world.bitwarden.history.writes().length).toBe(writes);
});
