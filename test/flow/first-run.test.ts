import { expect, test } from "vitest";
import { actual, statusOf, wanted } from "./look.ts";
import { startWorld, keyOf, oktaId } from "./world.ts";

test("nothing is written before a person has approved the first plan; then Bitwarden is exactly Okta", async () => {
  await using world = await startWorld({ organization: { firstRun: "hold" } });

  await world.full();
  const [joiner] = [world.okta.admin.createUser({ firstName: "Nova", lastName: "New", email: "nova@example.com" })];
  await world.quiet();
  await world.full();

  expect(world.bitwarden.history.writes()).toEqual([]);
  expect((await world.held()).some((operation) => operation.key === keyOf(joiner))).toBe(true);

  await world.approve("all");

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  expect(await world.held()).toEqual([]);
});

test("with firstRun apply the first reconciliation writes everything, and the second nothing", async () => {
  await using world = await startWorld({ organization: { guard: {} }, okta: { users: 60, groups: 4 } });

  const report = await world.full();
  const writes = world.bitwarden.history.writes().length;

  expect(report.failure).toBeNull();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  const again = await world.full();
  expect(again.operations).toEqual([]);
  expect(world.bitwarden.history.writes().length).toBe(writes);
});

test("approving before there is a plan does not approve the first plan", async () => {
  await using world = await startWorld({ organization: { firstRun: "hold" } });

  await world.request({ command: "approve", ids: [], by: "tester", plans: ["acme"] });
  await world.full();

  expect(world.bitwarden.history.writes()).toEqual([]);
  expect(await world.held()).not.toEqual([]);
});

test("of a first plan single operations can be approved and rejected; rejected ones stay rejected", async () => {
  await using world = await startWorld({ organization: { firstRun: "hold" }, okta: { users: 5, groups: 0 } });
  await world.full();
  const held = (await world.held()).filter((operation) => operation.type === "member.invite");
  const [first, second] = held;
  if (!first || !second) throw new Error("nothing is held");

  await world.reject([second.id]);
  await world.approve([first.id]);
  await world.full();

  expect(statusOf(world.bitwarden, oktaId(first.key))).toBe(0);
  expect(statusOf(world.bitwarden, oktaId(second.key))).toBeUndefined();
  await world.approve("all");
  await world.full();
  expect(statusOf(world.bitwarden, oktaId(second.key))).toBeUndefined();
});

test("in mode observe everything is planned and nothing written; switching to sync carries it out", async () => {
  await using world = await startWorld({ organization: { mode: "observe" } });
  await world.full();
  world.okta.admin.suspend(world.okta.dump().users[0]?.id ?? "");
  await world.quiet();

  expect(world.bitwarden.history.writes()).toEqual([]);
  expect((await world.held()).every((operation) => operation.hold === "observe")).toBe(true);

  await world.restart({ organization: { mode: "sync" } });
  await world.full();

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});
