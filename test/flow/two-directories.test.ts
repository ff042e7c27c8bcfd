import { expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { forgetDirectory } from "../../src/store/reset.ts";
import { leaverCalls } from "./look.ts";
import { TwoWorld } from "./two-world.ts";
import { NO_GUARD } from "./world.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const CLEO = "cleo@example.com";

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

test("the authoritative word does not wait for a directory that is down and was hinted of the same person", async () => {
  await using world = await TwoWorld.start({ authoritative: "hq" });
  const hq = world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  await world.full();

  world.goesAway("lab");
  world.okta.lab.admin.suspend(lab);
  await world.okta.lab.hooks.idle();
  world.okta.hq.admin.suspend(hq);

  await expect.poll(() => world.hasAccess(ANN), { timeout: 5_000 }).toBe(false);
});

test("losing the groups of one directory does not wait for another one that is down", async () => {
  await using world = await TwoWorld.start();
  const hq = world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  await world.full();

  world.goesAway("hq");
  world.okta.hq.admin.updateProfile(hq, { title: "Chemist" });
  await world.okta.hq.hooks.idle();
  world.okta.lab.admin.suspend(lab);

  await expect.poll(() => world.groupsOf(ANN), { timeout: 5_000 }).toEqual(["Sales"]);
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

test("while both directories are down nothing happens, and each is named", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  world.person("lab", BOB, ["Research"]);
  await world.full();
  const writes = world.bitwarden.history.writes().length;
  for (const name of ["hq", "lab"] as const) world.goesAway(name);

  for (const full of [true, false]) {
    const report = await world.app.sync(null, full);
    const codes = report.connections.map(({ connection, failure }) => [connection, failure?.code]);
    expect(codes).toEqual([
      ["hq", "DIRECTORY_UNREACHABLE"],
      ["lab", "DIRECTORY_UNREACHABLE"],
    ]);
  }

  expect(world.bitwarden.history.writes()).toHaveLength(writes);
  expect(world.hasAccess(ANN) && world.hasAccess(BOB)).toBe(true);
});

test("while one directory is down the other one works, also when only changes are asked for", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  const bob = world.person("lab", BOB, ["Research"]);
  await world.full();
  world.goesAway("hq");
  world.person("lab", CLEO, ["Research"]);

  const full = await world.full();
  world.okta.lab.admin.suspend(bob, { only: "log" });
  const changes = await world.app.sync(null, false);

  for (const { connections } of [full, changes]) {
    expect(connections.map(({ failure }) => failure?.code)).toEqual(["DIRECTORY_UNREACHABLE", undefined]);
  }
  expect(world.groupsOf(CLEO)).toEqual(["Research"]);
  expect([ANN, BOB].map((email) => world.hasAccess(email))).toEqual([true, false]);
});

test("a connection that is removed from the configuration takes nobody away, and those only it knew are listed", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB, ["Research"]);
  await world.full();
  const writes = world.bitwarden.history.writes().length;

  await world.restart({ connections: ["hq"] });
  const report = await world.full();

  expect(world.bitwarden.history.writes()).toHaveLength(writes);
  expect(report.organizations[0]?.stillActive).toMatchObject([{ label: BOB, why: "unclaimed" }]);
  const health: unknown = await (await fetch(`${world.adminUrl}/health`)).json();
  expect(health).toMatchObject({ state: "degraded", organizations: [{ stillActive: [{ label: BOB }] }] });
  const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
  expect(metrics).toContain('bwbridge_still_active{organization="acme"} 1');
});

test("who leaves the directory that is left is not forgotten for an old hint of a connection that is removed", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", BOB, ["Sales"]);
  const hq = world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  await world.full();
  world.goesAway("lab");
  world.okta.lab.admin.updateProfile(lab, { title: "Chemist" });
  await world.okta.lab.hooks.idle();
  await world.restart({ connections: ["hq"] });

  world.okta.hq.admin.suspend(hq);
  await world.okta.hq.hooks.idle();
  const report = await world.full();

  // Held: a connection that once claimed the person is not asked any more.
  expect(report.organizations[0]?.stillActive).toMatchObject([{ label: ANN, why: "held" }]);
  await world.approveAll();
  expect(world.hasAccess(ANN)).toBe(false);
});

test("a stopped connection writes nothing, the other one works", async () => {
  await using world = await TwoWorld.start({ bitwarden: { latencyMs: 20 } });
  const people = Array.from({ length: 6 }, (_, at) => world.person("hq", `p${String(at)}@example.com`));
  for (let at = 0; at < 6; at++) world.group("hq", `Group ${String(at)}`);
  const bob = world.person("lab", BOB, ["Research"]);
  await world.full();
  const from = world.bitwarden.history.last;
  const renames = (): number =>
    world.bitwarden.history.after(from).filter(({ route }) => route === "PUT /public/groups/{id}").length;
  for (const group of world.bitwarden.state.groups.values()) {
    if (group.name.startsWith("Group")) world.bitwarden.admin.editGroup(group.id, { name: `${group.name} by hand` });
  }

  const full = world.full();
  await expect.poll(renames, { interval: 5, timeout: 5_000 }).toBeGreaterThan(0);
  await world.request({ command: "stop", connections: ["hq"] });
  await full;
  const done = renames();
  expect(done).toBeLessThan(6);
  world.okta.hq.admin.suspend(people[0] ?? "");
  world.okta.lab.admin.suspend(bob);
  await expect.poll(() => world.hasAccess(BOB), { timeout: 5_000 }).toBe(false);
  const report = await world.full();

  expect(renames()).toBe(done);
  expect(world.hasAccess("p0@example.com")).toBe(true);
  expect(report.connections.map(({ stopped }) => stopped)).toEqual([true, false]);

  await world.request({ command: "start", connections: ["hq"] });
  await world.quiet();
  expect(world.hasAccess("p0@example.com")).toBe(false);
  expect(renames()).toBe(6);
});

const FIVE = { ...NO_GUARD, members: { max: 5, percent: 100 } };

test("the guard counts over both connections together", async () => {
  await using world = await TwoWorld.start({ organization: { guard: FIVE } });
  const leavers = (["hq", "lab"] as const).flatMap((name) =>
    Array.from({ length: 4 }, (_, at) => [name, world.person(name, `${name}${String(at)}@example.com`)] as const),
  );
  for (let at = 0; at < 10; at++) world.person("hq", `stays${String(at)}@example.com`);
  await world.full();

  for (const [name, id] of leavers) {
    world.okta[name].admin.suspend(id);
    await world.quiet();
  }
  await world.full();

  expect(leaverCalls(world.bitwarden)).toHaveLength(5);
  expect(await world.held()).toHaveLength(3);
});

test("a mass leave in one directory is held, and the other one's joiners go on", async () => {
  await using world = await TwoWorld.start({ organization: { guard: FIVE } });
  const people = Array.from({ length: 12 }, (_, at) => world.person("hq", `p${String(at)}@example.com`));
  world.person("lab", BOB);
  await world.full();
  for (const id of people) world.okta.hq.admin.suspend(id, { silent: true });
  world.person("lab", CLEO, ["Research"]);

  const report = await world.full();

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect((await world.held()).map(({ type }) => type)).toEqual(people.map(() => "member.revoke"));
  expect(world.groupsOf(CLEO)).toEqual(["Research"]);
  expect(report.organizations[0]?.stillActive).toHaveLength(12);
});

test("revocations of one connection overtake the joiners of the other", async () => {
  await using world = await TwoWorld.start({ bitwarden: { latencyMs: 30 } });
  const ann = world.person("hq", ANN);
  for (let at = 0; at < 20; at++) world.group("lab", `Team ${String(at)}`);
  await world.full();
  for (let at = 0; at < 40; at++) world.person("lab", `j${String(at)}@example.com`, [`Team ${String(at % 20)}`]);
  const from = world.bitwarden.history.last;
  const membershipWrites = () =>
    world.bitwarden.history.after(from).filter(({ method, route }) => method === "PUT" && route.endsWith("-ids"));

  const full = world.full();
  await expect.poll(() => membershipWrites().length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
  world.okta.hq.admin.suspend(ann);
  await expect.poll(() => world.hasAccess(ANN), { interval: 5, timeout: 10_000 }).toBe(false);
  const done = membershipWrites().length;
  await full;
  expect(done).toBeLessThan(membershipWrites().length / 2);
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

test("the first plan of both waits for approval, once, and covers both", async () => {
  await using world = await TwoWorld.start({ organization: { firstRun: "hold" } });
  world.person("hq", ANN, ["Sales"]);
  world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB, ["Research"]);

  await world.full();
  expect(world.bitwarden.history.writes()).toEqual([]);
  const invited = (await world.held()).filter(({ type }) => type === "member.invite").map(({ label }) => label);
  expect(invited.sort()).toEqual([ANN, BOB]);

  await world.approveAll();
  expect(world.groupsOf(ANN)).toEqual(["Research", "Sales"]);
  expect(world.groupsOf(BOB)).toEqual(["Research"]);
});

test("a first plan that lacks one directory does not approve what that one brings", async () => {
  await using world = await TwoWorld.start({ organization: { firstRun: "hold" } });
  world.person("hq", ANN);
  world.person("lab", BOB);
  world.goesAway("lab");
  await world.full();

  await world.approveAll();
  expect(world.hasAccess(ANN)).toBe(true);
  world.isBack("lab");
  await world.full();

  expect(world.members(BOB)).toEqual([]);
  expect((await world.held()).map(({ type, label }) => [type, label])).toContainEqual(["member.invite", BOB]);
  await world.approveAll();
  expect(world.hasAccess(BOB)).toBe(true);
});

test("after a reset of one connection nobody is taken away before it has been asked again", async () => {
  await using world = await TwoWorld.start();
  const ids = new Map((["hq", "lab"] as const).map((name) => [name, world.person(name, ANN, [`${name} people`])]));
  for (const name of ["hq", "lab"] as const) world.person(name, `${name}@example.com`);
  await world.full();
  for (const [forgotten, leaving] of [
    ["lab", "hq"],
    ["hq", "lab"],
  ] as const) {
    await world.restart({}, (database) => transaction(database, (trx) => forgetDirectory(trx, forgotten)));
    world.goesAway(forgotten);
    world.okta[leaving].admin.suspend(ids.get(leaving) ?? "");
    await world.okta[leaving].hooks.idle();
    await world.full();
    expect(world.hasAccess(ANN)).toBe(true);

    world.isBack(forgotten);
    await world.full();
    expect(world.hasAccess(ANN)).toBe(true);
    expect(world.groupsOf(ANN)).toEqual([`${forgotten} people`]);

    world.okta[leaving].admin.unsuspend(ids.get(leaving) ?? "");
    await world.quiet();
    expect(world.groupsOf(ANN)).toEqual(["hq people", "lab people"]);
  }
  expect(leaverCalls(world.bitwarden)).toEqual([]);
});

test("a leaver of one whom the other has forgotten after a reset, and lost meanwhile, is revoked once it has been asked", async () => {
  await using world = await TwoWorld.start();
  const hq = world.person("hq", ANN);
  const lab = world.person("lab", ANN);
  for (const name of ["hq", "lab"] as const) world.person(name, `${name}@example.com`);
  await world.full();
  world.okta.lab.admin.deleteUser(lab, { silent: true });
  await world.restart({}, (database) => transaction(database, (trx) => forgetDirectory(trx, "lab")));
  await world.full();
  expect(world.hasAccess(ANN)).toBe(true);

  world.okta.hq.admin.suspend(hq);
  await world.quiet();

  expect(world.hasAccess(ANN)).toBe(false);
});

test("when the connection under whose key a person is managed is removed, the other one goes on with them", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", ANN, ["Sales"]);
  const lab = world.person("lab", ANN, ["Research"]);
  world.person("lab", BOB);
  await world.full();
  const writes = world.bitwarden.history.writes().length;
  await world.restart({ connections: ["lab"] });
  expect((await world.full()).organizations[0]?.stillActive).toEqual([]);
  expect(world.bitwarden.history.writes()).toHaveLength(writes);

  world.okta.lab.admin.suspend(lab);
  await world.quiet();
  expect((await world.held()).map(({ type, label }) => [type, label])).toEqual([["member.revoke", ANN]]);

  await world.restart({ connections: ["hq", "lab"] });
  await world.full();
  expect(world.hasAccess(ANN)).toBe(true);
  expect(world.groupsOf(ANN)).toEqual(["Sales"]);
  expect(await world.held()).toEqual([]);
});
