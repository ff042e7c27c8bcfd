import { expect, test } from "vitest";
import { actual, groupsOf, leaverCalls, memberOf, statusOf, wanted } from "./look.ts";
import { startWorld, type World, keyOf } from "./world.ts";

function someUsers(world: World): string[] {
  return world.okta.dump().users.map((user) => user.id);
}

async function codes(world: World): Promise<string[]> {
  return (await world.notices()).map((notice) => notice.code).sort();
}

test("owners, admins, custom roles and protected people are reported as leavers and keep their access", async () => {
  await using world = await startWorld({ organization: { protected: ["Chief@Example.com"] } });
  const chief = world.okta.admin.createUser({ firstName: "C", lastName: "H", email: "chief@example.com" });
  await world.full();
  const [owner, admin, custom, plain] = someUsers(world);
  const types = new Map([
    [owner, 0],
    [admin, 1],
    [custom, 4],
  ]);
  for (const member of world.bitwarden.state.members.values()) {
    const type = types.get(member.externalId ?? "");
    if (type !== undefined) world.bitwarden.admin.editMember(member.id, { type });
  }
  for (const id of [owner, admin, custom, plain, chief]) world.okta.admin.deactivate(id ?? "", { silent: true });

  await world.full();

  expect(leaverCalls(world.bitwarden).length).toBe(1);
  expect(statusOf(world.bitwarden, plain ?? "")).toBe(-1);
  expect(await codes(world)).toEqual(Array.from({ length: 4 }, () => "protected-leaver"));
});

test("whoever becomes an admin after being held is not revoked by a later approval", async () => {
  const guard = { members: { max: 0, percent: 0 } };
  await using world = await startWorld({ okta: { users: 8, groups: 1 }, organization: { guard } });
  await world.full();
  const leavers = someUsers(world).slice(0, 3);
  for (const id of leavers) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  expect((await world.held()).length).toBe(3);
  const [promoted] = leavers;
  const member = [...world.bitwarden.state.members.values()].find((one) => one.externalId === promoted);
  world.bitwarden.admin.editMember(member?.id ?? "", { type: 1 });

  await world.approve("all");

  expect(leavers.map((id) => statusOf(world.bitwarden, id))).toEqual([0, -1, -1]);
});

test("with removeDisabled off a suspended member stays, and a suspended newcomer is not invited", async () => {
  await using world = await startWorld({ sync: { removeDisabled: false } });
  await world.full();
  const [person] = someUsers(world);
  world.okta.admin.suspend(person ?? "");
  const newcomer = world.okta.admin.createUser(
    { firstName: "S", lastName: "T", email: "st@example.com" },
    { silent: true },
  );
  world.okta.admin.suspend(newcomer);
  await world.quiet();
  await world.full();

  expect(statusOf(world.bitwarden, person ?? "")).toBe(0);
  expect(memberOf(world.bitwarden, newcomer)).toBeUndefined();
});

test("leaver: remove removes, and whoever comes back is invited anew", async () => {
  await using world = await startWorld({ sync: { leaver: "remove" } });
  await world.full();
  const [person] = someUsers(world);
  world.okta.admin.suspend(person ?? "");
  await world.quiet();
  expect(memberOf(world.bitwarden, person ?? "")).toBeUndefined();

  world.okta.admin.unsuspend(person ?? "");
  await world.quiet();
  await world.full();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("leaver: report changes nothing and says so", async () => {
  await using world = await startWorld({ sync: { leaver: "report" } });
  await world.full();
  const [first, second] = someUsers(world);
  world.okta.admin.suspend(first ?? "");
  world.okta.admin.deleteUser(second ?? "");
  await world.quiet();
  await world.full();

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect([first, second].map((id) => statusOf(world.bitwarden, id ?? ""))).toEqual([0, 0]);
  expect(await codes(world)).toEqual(["leaver-reported", "leaver-reported"]);
});

for (const groupDeletion of ["report", "empty", "delete"] as const) {
  test(`groupDeletion: ${groupDeletion}, of a group deleted in Okta`, async () => {
    await using world = await startWorld({ sync: { groupDeletion } });
    await world.full();
    const gone = world.okta.dump().groups.find((group) => group.name === "Engineering");
    const members = gone?.members.length ?? 0;
    expect(members).toBeGreaterThan(0);
    world.okta.admin.deleteGroup(gone?.id ?? "");
    await world.quiet();
    await world.full();

    const left = world.bitwarden.dump().groups.find((group) => group.externalId === gone?.id);
    const expected = { report: members, empty: 0, delete: undefined }[groupDeletion];
    expect(left?.members.length).toBe(expected);
    expect(leaverCalls(world.bitwarden)).toEqual([]);
  });
}

test("a scope that was changed in the configuration holds what would be taken away, and joiners go on", async () => {
  await using world = await startWorld();
  await world.full();
  const [first, second] = world.okta.dump().users;
  await world.restart({ sync: { userFilter: `exclude:${first?.email ?? ""},${second?.email ?? ""}` } });
  const joiner = world.okta.admin.createUser(
    { firstName: "J", lastName: "N", email: "jn@example.com" },
    { silent: true },
  );
  await world.full();

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect((await world.held()).map((operation) => operation.key).sort()).toEqual(
    [keyOf(first?.id), keyOf(second?.id)].sort(),
  );
  expect(statusOf(world.bitwarden, joiner)).toBe(0);

  await world.approve("all");
  expect([first, second].map((user) => statusOf(world.bitwarden, user?.id ?? ""))).toEqual([-1, -1]);
  const third = world.okta.dump().users[2];
  world.okta.admin.suspend(third?.id ?? "");
  await world.quiet();
  expect(statusOf(world.bitwarden, third?.id ?? "")).toBe(-1);
});

test("a changed scope holds also whoever could not be read at first", async () => {
  await using world = await startWorld();
  await world.full();
  const [first] = world.okta.dump().users;
  await world.restart({ sync: { userFilter: `exclude:${first?.email ?? ""}` } });
  world.okta.faults.add({ kind: "status", status: 400, times: 4, match: `/api/v1/users/${first?.id ?? ""}` });
  await world.full();
  world.okta.faults.clear();
  await world.hurry();
  await world.full();
  await world.hurry();

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect((await world.held()).map((operation) => operation.key)).toEqual([keyOf(first?.id)]);
});

test("a stopped connection keeps hints and writes nothing, over a restart too; started again it catches up", async () => {
  await using world = await startWorld();
  await world.full();
  await world.request({ command: "stop", connections: ["okta-main"] });
  await world.restart();
  const writes = world.bitwarden.history.writes().length;
  const [leaver] = someUsers(world);
  world.okta.admin.suspend(leaver ?? "");
  const joiner = world.okta.admin.createUser({ firstName: "J", lastName: "N", email: "jn@example.com" });
  await world.okta.hooks.idle();
  expect((await world.full()).stopped).toBe(true);
  expect(world.bitwarden.history.writes().length).toBe(writes);

  await world.request({ command: "start", connections: ["okta-main"] });
  await world.quiet();

  expect(statusOf(world.bitwarden, leaver ?? "")).toBe(-1);
  expect(statusOf(world.bitwarden, joiner)).toBe(0);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("a changed e-mail address keeps the member, the groups and the mailbox in peace, and is reported", async () => {
  await using world = await startWorld();
  await world.full();
  const [person] = someUsers(world);
  const mails = world.bitwarden.state.outbox.length;
  const groups = groupsOf(world.bitwarden, person ?? "");
  world.okta.admin.updateProfile(person ?? "", { email: "renamed@example.com", login: "renamed@example.com" });
  await world.quiet();
  await world.full();

  expect(statusOf(world.bitwarden, person ?? "")).toBe(0);
  expect(groupsOf(world.bitwarden, person ?? "")).toEqual(groups);
  expect(world.bitwarden.state.outbox.length).toBe(mails);
  expect(await codes(world)).toEqual(["email-differs"]);
});

test("two people with one address: neither is invited, both are named, and one address corrected helps both", async () => {
  await using world = await startWorld();
  await world.full();
  const { admin } = world.okta;
  const twins = ["one", "two"].map((name) =>
    admin.createUser({ firstName: name, lastName: "T", email: "twin@example.com", login: `${name}@example.com` }),
  );
  await world.full();
  await world.quiet();
  expect(twins.map((id) => memberOf(world.bitwarden, id))).toEqual([undefined, undefined]);
  expect(await codes(world)).toEqual(["duplicate-email", "duplicate-email"]);

  admin.updateProfile(twins[1] ?? "", { email: "other@example.com" });
  await world.quiet();
  await world.full();
  expect(twins.map((id) => statusOf(world.bitwarden, id))).toEqual([0, 0]);
});
