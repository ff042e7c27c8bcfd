import { expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { forgetDirectory } from "../../src/store/reset.ts";
import { leaverCalls } from "./look.ts";
import { TwoWorld } from "./two-world.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const CLEO = "cleo@example.com";

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
