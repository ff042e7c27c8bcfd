import { expect, test } from "vitest";
import { leaverCalls } from "./look.ts";
import { TwoWorld } from "./two-world.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";

test("a person in both directories is one member, in the groups of both", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB, ["Research"]);

  const report = await world.full();

  expect(world.members(ANN)).toHaveLength(1);
  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
  expect(world.groupsOf(BOB)).toEqual(["Research"]);
  expect(world.bitwarden.state.outbox.filter(({ to }) => to === ANN)).toHaveLength(1);
  expect(report.organizations).toMatchObject([{ failure: null, open: [], stillActive: [] }]);
  const again = await world.full();
  expect(again.organizations[0]?.operations).toEqual([]);
});

test("a leaver of one directory whom the other keeps stays, and loses the groups of the one, after a direct read", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB);
  await world.full();
  const asked = (): number => world.okta.lab.history.filter(({ path }) => path.includes(lab)).length;
  const before = asked();

  world.okta.lab.admin.deactivate(lab, { silent: true });
  await world.full();

  expect(asked()).toBeGreaterThan(before);
  expect(world.hasAccess(ANN)).toBe(true);
  expect(world.groupsOf(ANN)).toEqual(["Sales"]);
  expect(leaverCalls(world.bitwarden)).toEqual([]);
});

test("while the leaver of one directory cannot be read there, nothing is taken away", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB);
  await world.full();
  world.okta.lab.faults.add({ kind: "status", status: 500, match: `/api/v1/users/${lab}`, times: 1_000 });

  world.okta.lab.admin.deactivate(lab, { silent: true });
  const report = await world.full();

  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
  expect(report.connections.map(({ failure }) => failure?.code)).toEqual([undefined, "DIRECTORY_INCOMPLETE"]);
});

test("when the authoritative directory says disabled, the person leaves at once by its hook, whoever else claims them", async () => {
  await using world = await TwoWorld.start({ authoritative: "hq" });
  const hq = world.person("hq", ANN, ["Sales"]);
  world.person("lab", ANN, ["Research"]);
  await world.full();

  world.okta.hq.admin.suspend(hq);
  await world.quiet();
  expect(world.hasAccess(ANN)).toBe(false);
  await world.full();
  expect(world.hasAccess(ANN)).toBe(false);

  world.okta.hq.admin.unsuspend(hq);
  await world.quiet();
  expect(world.hasAccess(ANN)).toBe(true);
  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
});

test("whoever leaves both directories is revoked, and comes back with the groups of the one they return to", async () => {
  await using world = await TwoWorld.start();
  const hq = world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  await world.full();

  world.okta.hq.admin.suspend(hq);
  await world.quiet();
  expect(world.hasAccess(ANN)).toBe(true);
  world.okta.lab.admin.suspend(lab);
  await world.quiet();
  expect(world.hasAccess(ANN)).toBe(false);

  world.okta.lab.admin.unsuspend(lab);
  await world.quiet();
  await world.full();
  expect(world.hasAccess(ANN)).toBe(true);
  expect(world.groupsOf(ANN)).toEqual(["Research"]);
  expect(world.members(ANN)).toHaveLength(1);

  world.okta.hq.admin.unsuspend(hq);
  await world.quiet();
  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
});

test("equal group names and equal external ids: people are one, groups are not mixed", async () => {
  await using world = await TwoWorld.start({ seeds: [1, 1] });
  const ids = (["hq", "lab"] as const).map((name) => world.person(name, ANN));
  const groups = (["hq", "lab"] as const).map((name) => world.group(name, "Sales"));
  world.okta.hq.admin.addToGroup(ids[0] ?? "", groups[0] ?? "", { silent: true });
  const bob = world.person("lab", BOB, ["Sales"]);
  expect(new Set(ids).size + new Set(groups).size).toBe(2);

  await world.full();
  await world.full();

  expect(world.members(ANN)).toHaveLength(1);
  expect(world.groupsOf(BOB)).not.toContain("Sales");
  world.okta.lab.admin.suspend(bob);
  world.okta.lab.admin.suspend(ids[1] ?? "");
  await world.quiet();
  await world.full();
  expect([ANN, BOB].map((email) => world.hasAccess(email))).toEqual([true, false]);
});

test("different people with equal external ids are not mixed: who leaves one directory takes nobody along", async () => {
  await using world = await TwoWorld.start({ seeds: [1, 1] });
  const ann = world.person("hq", ANN, ["Sales"]);
  await world.full();
  const bob = world.person("lab", BOB, ["Research"]);
  expect(bob).toBe(ann);

  await world.full();
  expect(world.members(BOB)).toEqual([]);
  expect((await world.notices()).map(({ code, label }) => [code, label])).toContainEqual([
    "duplicate-external-id",
    BOB,
  ]);
  world.okta.lab.admin.deleteUser(bob);
  await world.quiet();
  await world.full();

  expect(world.hasAccess(ANN)).toBe(true);
  expect(world.groupsOf(ANN)).toContain("Sales");
});

test("two groups of one name and different ids are two groups, each with the people of its directory", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  world.person("lab", BOB, ["Sales"]);

  await world.full();

  const sales = world.bitwarden.dump().groups.filter(({ name }) => name === "Sales");
  expect(sales.map(({ members }) => members.length)).toEqual([1, 1]);
});

test("an address twice in one directory and once in the other joins nobody, and invites nobody", async () => {
  await using world = await TwoWorld.start();
  const { admin } = world.okta.hq;
  const twins = ["one", "two"].map((login) =>
    admin.createUser({ firstName: login, lastName: "Hq", email: ANN, login: `${login}@example.com` }, { silent: true }),
  );
  world.person("lab", ANN);

  await world.full();
  expect(world.members(ANN)).toEqual([]);
  expect(await world.notices()).toEqual([1, 2, 3].map(() => ({ code: "duplicate-email", label: ANN })));

  admin.deleteUser(twins[0] ?? "");
  await world.quiet();
  await world.full();
  expect(world.members(ANN)).toHaveLength(1);
  expect(await world.notices()).toEqual([]);
});

test("an address that changes in one directory only tears nobody apart", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  await world.full();

  world.okta.lab.admin.updateProfile(lab, { email: "ann@lab.example" });
  await world.quiet();
  await world.full();

  expect(world.members("ann@lab.example")).toEqual([]);
  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
  expect(await world.notices()).toEqual([]);
});
