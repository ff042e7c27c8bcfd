import { expect, test } from "vitest";
import { leaverCalls } from "./look.ts";
import { TwoWorld } from "./two-world.ts";
import { NO_GUARD } from "./world.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const CLEO = "cleo@example.com";
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
