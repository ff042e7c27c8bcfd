import { expect, test } from "vitest";
import { connectionRow } from "../../src/store/state.ts";
import type { Fault } from "../fakes/okta/faults.ts";
import { actual, leaverCalls, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

const USERS = /^\/api\/v1\/users\?/;
const GROUPS = /^\/api\/v1\/groups\?/;
const MEMBERS = /^\/api\/v1\/groups\/[^/]+\/users/;
const ELSEWHERE = "http://127.0.0.1:9";

/** Calls that take anything away: members or memberships. */
function losses(world: World, before: string[]): string[] {
  const now = new Set(memberships(world));
  return [...leaverCalls(world.bitwarden), ...before.filter((one) => !now.has(one))];
}

function memberships(world: World): string[] {
  const { groups } = world.bitwarden.dump();
  return groups.flatMap((group) => group.members.map((member) => `${group.name} ${member}`));
}

const LISTS = [USERS, GROUPS, MEMBERS];

const FAULTS: [string, Fault, RegExp[]][] = [
  ["a 500", { kind: "status", status: 500, times: 50 }, [USERS]],
  ["a 503 in the middle", { kind: "status", status: 503, skip: 1, times: 50 }, LISTS],
  ["a 403", { kind: "status", status: 403, errorCode: "E0000006", times: 50 }, LISTS],
  ["a 401", { kind: "status", status: 401, errorCode: "E0000011", times: 50 }, LISTS],
  ["a 404 of the list", { kind: "status", status: 404, errorCode: "E0000007", times: 50 }, LISTS],
  ["half of the JSON", { kind: "truncatedJson", skip: 1, times: 50 }, LISTS],
  ["a cut connection", { kind: "reset", skip: 1, times: 50 }, LISTS],
  ["a next link to another origin", { kind: "foreignNext", origin: ELSEWHERE, times: 50 }, LISTS],
  ["an empty page in the middle", { kind: "emptyMiddlePage", skip: 1 }, LISTS],
  ["a 429 that passes", { kind: "429", resetInMs: 100 }, [USERS]],
  ["the concurrency limit", { kind: "429concurrency" }, LISTS],
];

for (const [name, fault, lists] of FAULTS) {
  test(`${name} in a list of a reconciliation takes nothing from anybody`, async () => {
    await using world = await startWorld({ okta: { users: 9, groups: 2, pageSize: 3 } });
    await world.full();
    const before = memberships(world);
    for (const match of lists) {
      world.okta.faults.clear();
      world.okta.faults.add({ ...fault, match });
      await world.full();
      expect(losses(world, before)).toEqual([]);
    }

    world.okta.faults.clear();
    world.okta.admin.suspend(world.okta.dump().users[0]?.id ?? "", { silent: true });
    await world.full();
    expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  });
}

test("faults in the direct reads by id take nothing either, and heal by themselves", async () => {
  await using world = await startWorld({ okta: { users: 9, groups: 2 } });
  await world.full();
  const before = memberships(world);
  const [leaver] = world.okta.dump().users;
  const faults: Fault[] = [
    { kind: "status", status: 500, times: 100 },
    { kind: "status", status: 404, errorCode: "E0000048", times: 100 },
    { kind: "truncatedJson", times: 100 },
    { kind: "reset", times: 100 },
  ];
  world.okta.admin.suspend(leaver?.id ?? "", { silent: true });
  for (const fault of faults) {
    world.okta.faults.clear();
    world.okta.faults.add({ ...fault, match: /^\/api\/v1\/users\/00u/ });
    await world.full();
    expect(losses(world, before)).toEqual([]);
  }

  world.okta.faults.clear();
  await world.hurry();
  await world.full();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("a directory that suddenly shows nobody is not believed", async () => {
  await using world = await startWorld({ okta: { users: 9, groups: 2 } });
  await world.full();
  const before = memberships(world);
  const users = [...world.okta.state.users];
  world.okta.state.users.clear();

  const report = await world.full();

  expect(report.failure?.code).toBe("DIRECTORY_INCOMPLETE");
  world.okta.admin.createGroup("Readable");
  await world.quiet();
  const row = await connectionRow(world.app.database.reader, "okta-main");
  expect(row?.error_code).toBe("DIRECTORY_INCOMPLETE");
  expect(losses(world, before)).toEqual([]);
  for (const [id, user] of users) world.okta.state.users.set(id, user);
  await world.hurry();
  expect((await world.full()).failure).toBeNull();
  expect(losses(world, before)).toEqual([]);
});

test("a list that stalls until the bridge is stopped takes nothing, and the next start reads everything", async () => {
  await using world = await startWorld({ okta: { users: 9, groups: 2, pageSize: 3 } });
  await world.full();
  const before = memberships(world);
  world.okta.faults.add({ kind: "stall", match: USERS, skip: 1 });
  world.okta.admin.suspend(world.okta.dump().users[0]?.id ?? "", { silent: true });
  const asked = world.okta.history.length;
  const stuck = world.full();
  stuck.catch(() => undefined);
  await expect.poll(() => world.okta.history.length - asked, { timeout: 5_000 }).toBeGreaterThan(4);

  await world.restart();
  await expect(stuck).rejects.toThrow("the bridge is stopping");

  expect(losses(world, before)).toEqual([]);
  await world.full();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("a refused token takes nothing, is reported, and works again once it is replaced", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 1 } });
  await world.full();
  const before = memberships(world);
  process.env["TEST_OKTA_TOKEN"] = "00wrongTokenOfSomebodyElse";
  await world.restart();

  const report = await world.full();

  expect(report.failure?.code).toBe("DIRECTORY_DENIED");
  expect(losses(world, before)).toEqual([]);
  process.env["TEST_OKTA_TOKEN"] = world.okta.token;
  world.okta.admin.suspend(world.okta.dump().users[0]?.id ?? "", { silent: true });
  await world.hurry();
  expect((await world.full()).failure).toBeNull();
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});
