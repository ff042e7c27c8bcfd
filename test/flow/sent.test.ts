import { expect, test } from "vitest";
import { loadLedgerUsers } from "../../src/store/ledger/ledger.ts";
import { confirmInstead } from "../../src/store/operations/sending.ts";
import { deliverConfirming } from "../../src/sync/deliver/confirming.ts";
import { deliverImport } from "../../src/sync/deliver/import.ts";
import { recoverOrphans } from "../../src/sync/deliver/outcome.ts";
import type { FaultSpec } from "../fakes/bitwarden/faults.ts";
import { organizationOf, persist, person, plan, rested, sentAts } from "./deliver.ts";
import { memberOf, statusOf } from "./look.ts";
import { keyOf, NO_GUARD, OWNER } from "./world.ts";

const IMPORT = { method: "POST", path: "/public/organization/import" };
const REVOKE = { method: "POST", path: /\/revoke$/ };
const REMOVE = { method: "DELETE", path: /\/public\/members\// };
const MEMBERS = { method: "GET", path: "/public/members" };
const MEMBER = { method: "GET", path: /\/public\/members\/[0-9a-f-]+$/ };
const FOREVER = 10_000;

const READ_BACKS: FaultSpec[] = [
  { kind: "429", retryAfter: 1, match: MEMBER },
  { kind: "status", status: 401, match: MEMBER, times: 2 },
  { kind: "status", status: 503, match: MEMBER, times: 2 },
];

for (const fault of READ_BACKS) {
  test(`a revocation whose read-back answers ${String(fault.status ?? 429)} is ours, and undone when the person returns`, async () => {
    await using world = await rested();
    const id = person(world);
    // The first read by id is the decision's, the next one reads back.
    world.bitwarden.faults.add({ ...fault, skip: 1 });
    world.okta.admin.suspend(id);
    await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 5_000 }).toBe(-1);
    await expect.poll(async () => await sentAts(world)).toEqual({ [id]: true });
    organizationOf(world).bitwarden.forgetRefusal();

    world.okta.admin.unsuspend(id);
    await persist(world);
    await world.full();
    await persist(world);

    expect(statusOf(world.bitwarden, id)).toBe(0);
    expect(await world.notices()).toEqual([]);
  });
}

test("a sibling that is refused does not make forget what was sent", async () => {
  await using world = await rested();
  const [first, second] = [person(world, 0), person(world, 1)];
  await world.stopBridge();
  for (const id of [first, second]) world.okta.admin.suspend(id);
  world.bitwarden.faults.add({ kind: "status", status: 403, match: REVOKE, skip: 1, times: FOREVER });
  world.bitwarden.faults.add({ kind: "status", status: 503, match: MEMBER, times: FOREVER, skip: 2 });
  await world.startBridge();
  await world.poll();
  await expect.poll(async () => Object.values(await sentAts(world)).sort(), { timeout: 5_000 }).toEqual([false, true]);
  const revoked = [first, second].filter((id) => statusOf(world.bitwarden, id) === -1);
  const remembered = await sentAts(world);
  expect(revoked.map((id) => remembered[id])).toEqual([true]);

  world.bitwarden.faults.clear();
  await world.app.sync(null, false);
  await persist(world);
  expect([first, second].map((id) => statusOf(world.bitwarden, id))).toEqual([-1, -1]);
});

test("a commit that fails after sending leaves an orphan that is read first and stays ours", async () => {
  await using world = await rested();
  const id = person(world);
  const { writer } = world.app.database;
  await writer.raw(
    `CREATE TRIGGER full BEFORE INSERT ON journal WHEN NEW.step = 'read back'
     BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  );
  world.okta.admin.suspend(id);
  await expect.poll(async () => (await world.operations("state = 'sending'")).length, { timeout: 5_000 }).toBe(1);
  await writer.raw("DROP TRIGGER full");
  await recoverOrphans(organizationOf(world));
  expect((await world.operations("open = 1")).map(({ state, sentAt }) => [state, sentAt !== null])).toEqual([
    ["ready", true],
  ]);
  const from = world.bitwarden.history.last;
  await world.hurry();

  const revocations = world.bitwarden.history.after(from).filter((call) => call.path.endsWith("/revoke"));
  expect(revocations).toEqual([]);
  world.okta.admin.unsuspend(id);
  await persist(world);
  expect(statusOf(world.bitwarden, id)).toBe(0);
});

test("an invitation that nobody wants any more is found when it comes late, and undone", async () => {
  await using world = await rested();
  const facts = { firstName: "L", lastName: "N", email: "late@example.com" };
  const joiner = world.okta.admin.createUser(facts, { silent: true });
  const organization = organizationOf(world);
  await plan(world, "member.invite", [joiner], { email: facts.email, externalId: joiner });
  world.bitwarden.faults.add({ kind: "500AfterCommit", status: 504, match: IMPORT });
  world.bitwarden.faults.add({ kind: "status", status: 503, match: MEMBERS, skip: 1, times: FOREVER });
  await deliverImport(organization, await world.operations("state = 'ready'"));
  expect(await sentAts(world)).toEqual({ [joiner]: true });
  const ids = (await world.operations("open = 1")).map((row) => row.id);
  await confirmInstead(world.app.database.writer, ids, Date.now());

  await deliverConfirming(organization, await world.operations("state = 'confirming'"));
  const [waiting] = await world.operations("state = 'confirming'");
  expect(waiting?.dueAt).toBeGreaterThan(Date.now());
  world.bitwarden.faults.clear();
  await deliverConfirming(organization, await world.operations("state = 'confirming'"));

  expect(await world.operations("state = 'confirming'")).toEqual([]);
  expect((await loadLedgerUsers(world.app.database.reader, OWNER.organization)).has(keyOf(joiner))).toBe(true);
  world.okta.admin.suspend(joiner);
  await persist(world);
  expect(statusOf(world.bitwarden, joiner)).toBe(-1);
});

test("what does not show in time had no effect, and is withdrawn", async () => {
  await using world = await rested();
  world.bitwarden.faults.add({ kind: "reset", match: REVOKE, times: FOREVER });
  const id = person(world);
  world.okta.admin.suspend(id);
  await expect.poll(async () => (await sentAts(world))[id], { timeout: 5_000 }).toBe(true);
  await expect.poll(async () => (await world.operations("state = 'ready'")).length).toBe(1);
  const [operation] = await world.operations("open = 1");
  const { writer } = world.app.database;
  await confirmInstead(writer, [operation?.id ?? 0], Date.now());
  const organization = organizationOf(world);

  await deliverConfirming(organization, await world.operations("state = 'confirming'"));
  const [waiting] = await world.operations("state = 'confirming'");
  expect((waiting?.dueAt ?? 0) - (waiting?.sentAt ?? 0)).toBe(10_000);
  await writer.raw("UPDATE operations SET sent_at = sent_at - 600001 WHERE state = 'confirming'");
  await deliverConfirming(organization, await world.operations("state = 'confirming'"));

  expect((await world.operations(`id = ${String(operation?.id)}`)).map(({ state, sentAt }) => [state, sentAt])).toEqual(
    [["withdrawn", null]],
  );
});

test("our own removal whose answer was lost is not taken for an administrator's", async () => {
  await using world = await rested({ sync: { leaver: "remove" } });
  const id = person(world);
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: REMOVE });
  world.okta.admin.suspend(id);
  await persist(world);

  expect(memberOf(world.bitwarden, id)).toBeUndefined();
  expect((await loadLedgerUsers(world.app.database.reader, OWNER.organization)).has(keyOf(id))).toBe(false);
  const journal: unknown = await world.app.database.reader.raw("SELECT data FROM journal WHERE step = 'read back'");
  expect(JSON.stringify(journal)).toContain("removed by this bridge");
  world.okta.admin.unsuspend(id);
  await persist(world);
  expect(statusOf(world.bitwarden, id)).toBe(0);
  expect(await world.notices()).toEqual([]);
});

test("whoever was revoked by hand before our approved revocation went out is not ours to restore", async () => {
  const guard = { ...NO_GUARD, members: { max: 2, percent: 100 } };
  await using world = await rested({ organization: { guard } });
  const people = [0, 1, 2].map((at) => person(world, at));
  for (const id of people) world.okta.admin.suspend(id);
  await world.quiet();
  const [byHand] = people;
  world.bitwarden.admin.revokeMember(memberOf(world.bitwarden, byHand ?? "")?.email ?? "");
  await world.approve("all");
  await world.poll();
  await persist(world);

  const ledger = await loadLedgerUsers(world.app.database.reader, OWNER.organization);
  expect(people.map((id) => statusOf(world.bitwarden, id))).toEqual([-1, -1, -1]);
  expect(people.map((id) => ledger.get(keyOf(id))?.revokedByUs)).toEqual([false, true, true]);
});

test("one redirect while revoking is tried again until the revocation is through", async () => {
  await using world = await rested();
  const id = person(world);
  world.bitwarden.faults.add({ kind: "status", status: 302, match: REVOKE, times: 3 });
  world.okta.admin.suspend(id);
  await world.quiet();
  expect((await world.operations("open = 1")).map(({ state }) => state)).toEqual(["ready"]);
  await persist(world);
  expect(statusOf(world.bitwarden, id)).toBe(-1);
});
