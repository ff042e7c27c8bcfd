import { expect, test } from "vitest";
import type { FaultSpec } from "../fakes/bitwarden/faults.ts";
import { persist } from "./deliver.ts";
import { actual, memberOf, statusOf, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

const IMPORT = { method: "POST", path: "/public/organization/import" };
const REVOKE = { method: "POST", path: /\/revoke$/ };

function join(world: World, name: string, email = `${name}@example.com`): string {
  return world.okta.admin.createUser({ firstName: name, lastName: "New", email });
}

function mailsTo(world: World, email: string): number {
  return world.bitwarden.state.outbox.filter((mail) => mail.to === email).length;
}

const LOST: FaultSpec[] = [
  { kind: "500AfterCommit" },
  { kind: "resetAfterWork" },
  { kind: "reset" },
  { kind: "status", status: 502 },
  { kind: "429", retryAfter: 1 },
];

for (const fault of LOST) {
  test(`${fault.kind} on the import, then on its read-back: everybody is invited exactly once`, async () => {
    await using world = await startWorld({ okta: { users: 4, groups: 1 } });
    await world.full();
    world.bitwarden.faults.add({ ...fault, match: IMPORT });
    world.bitwarden.faults.add({
      kind: "status",
      status: 503,
      match: { method: "GET", path: "/public/members" },
      skip: 1,
    });
    const people = ["ann", "bob", "cleo"].map((name) => join(world, name));

    await persist(world);

    expect(people.map((id) => statusOf(world.bitwarden, id))).toEqual([0, 0, 0]);
    expect(["ann", "bob", "cleo"].map((name) => mailsTo(world, `${name}@example.com`))).toEqual([1, 1, 1]);
    await world.full();
    expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  });
}

for (const kind of ["500AfterCommit", "resetAfterWork", "reset"] as const) {
  test(`${kind} on a revocation: it happens, is known to be ours, and the person can be restored`, async () => {
    await using world = await startWorld({ okta: { users: 4, groups: 1 } });
    await world.full();
    const [person] = world.okta.dump().users;
    world.bitwarden.faults.add({ kind, match: REVOKE });
    world.okta.admin.suspend(person?.id ?? "");
    await persist(world);
    expect(statusOf(world.bitwarden, person?.id ?? "")).toBe(-1);

    world.okta.admin.unsuspend(person?.id ?? "");
    await persist(world);

    expect(statusOf(world.bitwarden, person?.id ?? "")).toBe(0);
  });
}

test("a token that was taken back is renewed without anybody noticing", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 } });
  await world.full();
  world.bitwarden.admin.revokeTokens();
  const person = join(world, "dora");
  await world.quiet();
  expect(statusOf(world.bitwarden, person)).toBe(0);
});

test("an address that is none, among fifty, is set aside by name, and the others are invited", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 } });
  await world.full();
  const names = Array.from({ length: 49 }, (_, at) => `good${String(at)}`);
  const people = names.map((name) => join(world, name));
  const bad = join(world, "bad", "no-at-sign");

  await world.full();

  expect(people.filter((id) => statusOf(world.bitwarden, id) !== 0)).toEqual([]);
  expect(memberOf(world.bitwarden, bad)).toBeUndefined();
  expect((await world.notices()).map(({ code, label }) => `${code} ${label}`)).toEqual(["bad-email no-at-sign"]);
  expect(names.every((name) => mailsTo(world, `${name}@example.com`) === 1)).toBe(true);
});

test("an import that keeps failing without a reason is gone round, and nobody waits for the others", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 } });
  await world.full();
  world.bitwarden.faults.add({ kind: "status", status: 500, times: 1_000, match: IMPORT });
  const people = ["ida", "jim", "kai", "leo"].map((name) => join(world, name));
  await persist(world);

  expect(people.map((id) => statusOf(world.bitwarden, id))).toEqual([0, 0, 0, 0]);
  expect(["ida", "jim", "kai", "leo"].map((name) => mailsTo(world, `${name}@example.com`))).toEqual([1, 1, 1, 1]);
});

test("no seats: the refusal is stored with its remedy, revocations go on, and with seats all are invited", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 }, bitwarden: { seats: 5, hosted: "self" } });
  await world.full();
  const joiners = ["fay", "gus"].map((name) => join(world, name));
  await world.quiet();
  const refused = await world.operations("type = 'member.invite' AND state IN ('failed', 'ready')");
  expect(refused.length).toBe(2);
  expect(refused[0]?.error).toMatch(/seat/i);

  const [leaver] = world.okta.dump().users;
  world.okta.admin.suspend(leaver?.id ?? "");
  await world.quiet();
  expect(statusOf(world.bitwarden, leaver?.id ?? "")).toBe(-1);

  world.bitwarden.state.organization.seats = 50;
  await world.app.database.writer.raw("UPDATE operations SET finished_at = 0 WHERE state = 'failed'");
  await world.full();
  expect(joiners.map((id) => statusOf(world.bitwarden, id))).toEqual([0, 0]);
});

test("a bridge that ends between sending and reading back finishes the work after its next start", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 1 } });
  await world.full();
  const [leaver] = world.okta.dump().users;
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: IMPORT });
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: REVOKE });
  const joiner = join(world, "hal");
  world.okta.admin.suspend(leaver?.id ?? "");
  await expect.poll(() => memberOf(world.bitwarden, joiner)?.status, { timeout: 5_000 }).toBe(0);
  // As a crash leaves it: sent, and nothing written down.
  await world.stopBridge();
  await world.tamper("UPDATE operations SET state = 'sending' WHERE state = 'ready'");
  await world.startBridge();
  await persist(world);

  expect(mailsTo(world, "hal@example.com")).toBe(1);
  expect(await world.operations("open = 1")).toEqual([]);
  world.okta.admin.unsuspend(leaver?.id ?? "");
  await persist(world);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("chaos in one call of five: in the end Bitwarden is Okta, and nobody got two invitations", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 2 } });
  await world.full();
  world.bitwarden.faults.chaos({ seed: 11, rate: 0.2, kinds: ["status", "reset", "resetAfterWork", "500AfterCommit"] });
  const { admin } = world.okta;
  const [first, second] = world.okta.dump().users;
  const group = admin.createGroup("Chaos");
  const people = Array.from({ length: 6 }, (_, at) => join(world, `chaos${String(at)}`));
  for (const id of people) admin.addToGroup(id, group);
  admin.suspend(first?.id ?? "");
  admin.deactivate(second?.id ?? "");
  await persist(world);
  world.bitwarden.faults.clear();
  await persist(world);
  await world.full();
  await persist(world);

  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
  expect(people.map((_, at) => mailsTo(world, `chaos${String(at)}@example.com`))).toEqual(people.map(() => 1));
});
