import { expect, test } from "vitest";
import { actual, groupsOf, memberOf, statusOf, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

function bitwardenGroup(world: World, name: string): string {
  const group = [...world.bitwarden.state.groups.values()].find((one) => one.name === name);
  if (!group) throw new Error(`no group ${name}`);
  return group.id;
}

function idOf(world: World, oktaId: string): string {
  const member = [...world.bitwarden.state.members.values()].find((one) => one.externalId === oktaId);
  if (!member) throw new Error(`no member ${oktaId}`);
  return member.id;
}

function idsIn(world: World, name: string): string[] {
  return [...(world.bitwarden.state.groupMembers.get(bitwardenGroup(world, name)) ?? [])];
}

async function codes(world: World): Promise<string[]> {
  return (await world.notices()).map((notice) => notice.code).sort();
}

test("a membership taken away by hand comes back, one added by hand between managed sides goes", async () => {
  await using world = await startWorld();
  await world.full();
  const everyone = bitwardenGroup(world, "Everyone");
  const sales = bitwardenGroup(world, "Sales");
  const people = world.okta.dump().users.map((user) => idOf(world, user.id));
  world.bitwarden.admin.setGroupMembers(everyone, people.slice(3));
  world.bitwarden.admin.setGroupMembers(sales, people);

  await world.full();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("members and groups made by hand are never touched, also inside managed groups", async () => {
  await using world = await startWorld();
  await world.full();
  const { admin } = world.bitwarden;
  const guest = admin.addMember({ email: "guest@elsewhere.example" });
  const [managed] = world.okta.dump().users;
  const own = admin.addGroup({ name: "Own group", members: [guest.id, idOf(world, managed?.id ?? "")] });
  const sales = bitwardenGroup(world, "Sales");
  admin.setGroupMembers(sales, [...idsIn(world, "Sales"), guest.id]);
  const joiner = world.okta.admin.createUser({ firstName: "J", lastName: "N", email: "jn@example.com" });
  const oktaSales = world.okta.dump().groups.find((group) => group.name === "Sales")?.id ?? "";
  world.okta.admin.addToGroup(joiner, oktaSales);
  await world.quiet();
  await world.full();

  expect(idsIn(world, "Sales")).toContain(guest.id);
  expect(groupsOf(world.bitwarden, joiner)).toEqual(["Sales"]);
  expect(world.bitwarden.state.groupMembers.get(own.id)?.size).toBe(2);
  expect(world.bitwarden.state.members.get(guest.id)?.externalId).toBeNull();
});

test("a group renamed by hand gets its name back, and keeps its collections", async () => {
  await using world = await startWorld();
  await world.full();
  const { admin, state } = world.bitwarden;
  const sales = bitwardenGroup(world, "Sales");
  const collection = admin.createCollection();
  admin.grantCollections(sales, [{ id: collection.id }]);
  admin.editGroup(sales, { name: "Sails" });

  await world.full();

  expect(state.groups.get(sales)?.name).toBe("Sales");
  expect(state.groups.get(sales)?.collections.map(({ id }) => id)).toEqual([collection.id]);
});

test("a member revoked by hand is reported, not restored, and no membership of theirs changes", async () => {
  await using world = await startWorld();
  await world.full();
  const person = world.okta.dump().groups.find((group) => group.name === "Engineering")?.members[0] ?? "";
  world.bitwarden.admin.revokeMember(idOf(world, person));
  const engineering = world.okta.dump().groups.find((group) => group.name === "Engineering")?.id ?? "";
  const before = groupsOf(world.bitwarden, person);
  world.okta.admin.removeFromGroup(person, engineering);
  await world.quiet();
  await world.full();
  await world.full();

  expect(statusOf(world.bitwarden, person)).toBe(-1);
  expect(groupsOf(world.bitwarden, person)).toEqual(before);
  expect(await codes(world)).toEqual(["revoked-by-hand"]);
});

test("a member revoked by hand who leaves and comes back in Okta stays revoked", async () => {
  await using world = await startWorld();
  await world.full();
  const [person] = world.okta.dump().users;
  world.bitwarden.admin.revokeMember(idOf(world, person?.id ?? ""));
  world.okta.admin.suspend(person?.id ?? "");
  await world.quiet();
  await world.full();
  world.okta.admin.unsuspend(person?.id ?? "");
  await world.quiet();
  await world.full();

  expect(statusOf(world.bitwarden, person?.id ?? "")).toBe(-1);
});

test("a member deleted by hand is reported and not invited again, also not by hooks", async () => {
  await using world = await startWorld();
  await world.full();
  const [person] = world.okta.dump().users;
  world.bitwarden.admin.deleteMember(idOf(world, person?.id ?? ""));
  const mails = world.bitwarden.state.outbox.length;
  await world.full();
  world.okta.admin.updateProfile(person?.id ?? "", { lastName: "Changed" });
  await world.quiet();
  await world.full();

  expect(memberOf(world.bitwarden, person?.id ?? "")).toBeUndefined();
  expect(world.bitwarden.state.outbox.length).toBe(mails);
  expect(await codes(world)).toEqual(["removed-by-hand"]);
});

test("a group deleted by hand is reported and not created again, also when Okta renames it", async () => {
  await using world = await startWorld();
  await world.full();
  const sales = world.okta.dump().groups.find((group) => group.name === "Sales")?.id ?? "";
  world.bitwarden.admin.deleteGroup(bitwardenGroup(world, "Sales"));
  world.okta.admin.renameGroup(sales, "Sales EMEA");
  await world.quiet();
  await world.full();
  world.okta.admin.renameGroup(sales, "Sales World");
  await world.quiet();
  await world.full();

  expect(
    world.bitwarden
      .dump()
      .groups.map((group) => group.name)
      .filter((name) => name.startsWith("Sales")),
  ).toEqual([]);
  expect(await codes(world)).toEqual(["removed-by-hand"]);
});

test("members that carry the external id are taken over, members with only the address are linked", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 1 } });
  const [first, second, third] = world.okta.dump().users;
  if (!first || !second || !third) throw new Error("too few users");
  const { admin } = world.bitwarden;
  admin.addMember({ email: first.email, externalId: first.id });
  admin.addMember({ email: second.email });
  admin.addMember({ email: third.email, externalId: "of-another-tool" });
  await world.full();

  const invited = world.bitwarden.state.outbox.map((mail) => mail.to);
  for (const { email } of [first, second, third]) expect(invited).not.toContain(email);
  expect(statusOf(world.bitwarden, second.id)).toBe(2);
  expect(await codes(world)).toEqual(["email-of-another-member", "unknown-external-id"]);
  const foreign = world.bitwarden.dump().members.find((member) => member.email === third.email);
  expect(foreign?.externalId).toBe("of-another-tool");
  world.okta.admin.deactivate(third.id);
  await world.quiet();
  await world.full();
  expect(world.bitwarden.dump().members.find((member) => member.email === third.email)?.status).toBe(2);
});

test("a cleared external id is set again, also on a member that we revoked and restore", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 } });
  await world.full();
  const [first, second] = world.okta.dump().users;
  const memberIds = [first, second].map((user) => idOf(world, user?.id ?? ""));
  world.okta.admin.suspend(second?.id ?? "");
  await world.quiet();
  for (const id of memberIds) world.bitwarden.admin.editMember(id, { externalId: null });
  world.okta.admin.unsuspend(second?.id ?? "");
  await world.quiet();
  await world.full();
  await world.full();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  expect(idOf(world, second?.id ?? "")).toBe(memberIds[1]);
});

test("a group deleted by hand while its new name waits for the next attempt is not created again", async () => {
  await using world = await startWorld();
  await world.full();
  const sales = world.okta.dump().groups.find((group) => group.name === "Sales")?.id ?? "";
  world.bitwarden.faults.add({ kind: "status", status: 503, match: { method: "PUT" } });
  world.okta.admin.renameGroup(sales, "Sales EMEA");
  await world.quiet();
  expect((await world.operations("type = 'group.rename' AND state = 'ready'")).length).toBe(1);
  world.bitwarden.admin.deleteGroup(bitwardenGroup(world, "Sales"));
  await world.hurry();
  await world.full();

  expect(world.bitwarden.dump().groups.filter((group) => group.externalId === sales)).toEqual([]);
  expect(await codes(world)).toEqual(["removed-by-hand"]);
});

test("stop ends a backlog after the request under way, and start takes it up again", async () => {
  await using world = await startWorld({ okta: { users: 3, groups: 8 }, bitwarden: { latencyMs: 25 } });
  await world.full();
  for (const group of world.bitwarden.state.groups.values()) {
    world.bitwarden.admin.editGroup(group.id, { name: `${group.name} by hand` });
  }
  const from = world.bitwarden.history.last;
  const renames = (): number => world.bitwarden.history.after(from).filter((entry) => entry.method === "PUT").length;
  const full = world.full();
  await expect.poll(renames, { interval: 5, timeout: 5_000 }).toBeGreaterThan(0);
  await world.request({ command: "stop", connections: ["okta-main"] });
  await full;
  expect(renames()).toBeLessThan(8);

  await world.request({ command: "start", connections: ["okta-main"] });
  await world.quiet();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});
