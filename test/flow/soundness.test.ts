import { setStarted } from "../../src/store/state.ts";
import { expect, test } from "vitest";
import { paceOf } from "../../src/bitwarden/pace.ts";
import { loadUsers } from "../../src/store/directory/directory-rows.ts";
import { insertOperations, type NewOperation } from "../../src/store/operations/operations.ts";
import { createGroups } from "../../src/sync/deliver/create-groups.ts";
import { deliverImport } from "../../src/sync/deliver/import.ts";
import { renewProofs } from "../../src/sync/deliver/justified.ts";
import { deliverMemberships } from "../../src/sync/deliver/memberships.ts";
import { organizationOf, persist, person, plan, rested } from "./deliver.ts";
import { actual, leaverCalls, memberOf, statusOf, wanted } from "./look.ts";
import { keyOf, NO_GUARD, OWNER, startWorld, type World } from "./world.ts";

const REMOVE = { method: "DELETE", path: /\/public\/members\// };
const GROUP_MEMBERS = /\/public\/groups\/[0-9a-f-]+\/member-ids$/;
const FOREVER = 10_000;

function ready(facts: Pick<NewOperation, "type" | "kind" | "key"> & Partial<NewOperation>): NewOperation {
  const words = { label: facts.key, reason: "tested", evidence: "none", hint: "", hintedAt: Date.now() };
  return {
    object: "",
    data: {},
    state: "ready",
    hold: null,
    approvedBy: null,
    provenAt: Date.now(),
    ...words,
    ...facts,
  };
}

function insert(world: World, operations: NewOperation[]): Promise<void> {
  return insertOperations(world.app.database.writer, OWNER.organization, operations, Date.now());
}

/** Asks for a read of one person, as a hook would. */
async function hint(world: World, id: string): Promise<void> {
  const subject = { connection: OWNER.connection, kind: "user" as const, key: id };
  await organizationOf(world).hints.add([{ subject, via: null, urgent: true }], Date.now());
  world.app.ring(OWNER.connection);
}

test("a revocation that waits for its turn at the host is not sent to somebody who has returned meanwhile", async () => {
  await using world = await rested();
  const id = person(world);
  const { bitwarden } = organizationOf(world);
  const revoke = bitwarden.revokeMember.bind(bitwarden);
  const pace = paceOf(new URL(world.bitwarden.url), "open");
  bitwarden.revokeMember = (member, lastLook) => {
    // Another organization of the same host was told to wait.
    pace.throttled("3");
    return revoke(member, lastLook);
  };
  world.okta.admin.suspend(id);
  await expect.poll(async () => (await world.operations("state = 'sending'")).length, { timeout: 5_000 }).toBe(1);
  world.okta.admin.unsuspend(id);
  const stateOf = async (): Promise<string | undefined> =>
    (await loadUsers(world.app.database.reader, OWNER.connection, [id])).get(id)?.state;
  await expect.poll(stateOf, { timeout: 2_000 }).toBe("active");
  expect(leaverCalls(world.bitwarden)).toEqual([]);

  await persist(world);
  expect(leaverCalls(world.bitwarden)).toEqual([]);
});

test("one group whose members Bitwarden cannot list keeps nobody from being revoked", async () => {
  await using world = await rested();
  const id = person(world);
  const match = { method: "GET", path: GROUP_MEMBERS };
  world.bitwarden.faults.add({ kind: "status", status: 500, match, times: FOREVER });
  await world.app.sync(null, true);
  world.okta.admin.suspend(id);
  await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 8_000 }).toBe(-1);
});

test("one wrong, empty list of a group's members takes nobody out of the group when others are added", async () => {
  await using world = await rested({ okta: { users: 16, groups: 1 } });
  const group = world.okta.admin.createGroup("Big");
  const people = Array.from({ length: 16 }, (_, at) => person(world, at));
  const [before, joining] = [people.slice(0, 10), people.slice(10)];
  for (const id of before) world.okta.admin.addToGroup(id, group);
  await persist(world);
  const membersOf = (): string[] =>
    world.bitwarden.dump().groups.find(({ externalId }) => externalId === group)?.members ?? [];
  expect(membersOf().length).toBe(before.length);
  const object = keyOf(group);
  await insert(
    world,
    joining.map((id) => ready({ type: "membership.add", kind: "user", key: keyOf(id), object })),
  );
  world.bitwarden.faults.add({ kind: "answer", json: [], match: { method: "GET", path: GROUP_MEMBERS } });
  await deliverMemberships(organizationOf(world), await world.operations("state = 'ready'"));

  expect(before.filter((id) => !membersOf().includes(id))).toEqual([]);
});

test("a group that is emptied after an approval is empty in the end", async () => {
  const guard = { ...NO_GUARD, memberships: { max: 2, percent: 100, percentOfGroup: 100 } };
  await using world = await rested({ sync: { groupDeletion: "empty" }, organization: { guard } });
  const group = world.okta.admin.createGroup("Ending");
  for (const at of [0, 1, 2, 3]) world.okta.admin.addToGroup(person(world, at), group);
  await persist(world);
  world.okta.admin.deleteGroup(group);
  await world.quiet();
  const held = await world.held();
  expect(held.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => "membership.remove"));

  await world.approve(held.map(({ id }) => id));
  await persist(world);
  expect(world.bitwarden.dump().groups.find(({ externalId }) => externalId === group)?.members).toEqual([]);
});

test("five hundred removals that wait for reads do not keep a leaver's proof from being renewed", async () => {
  await using world = await rested();
  const id = person(world);
  const ghosts = Array.from({ length: 500 }, (_, at) => `ghost${String(at)}`);
  const rows = JSON.stringify(ghosts);
  await world.app.database.writer.raw(
    `INSERT INTO hints (connection, kind, key, hinted, due_at, first_at, attempts)
     SELECT ?, 'user', value, 1, ?, ?, 5 FROM json_each(?)`,
    [OWNER.connection, Date.now() + 240_000, Date.now(), rows],
  );
  const old = { type: "member.revoke", kind: "user", provenAt: 1, hintedAt: 1 } as const;
  await insert(world, [
    ...ghosts.map((key) => ready({ ...old, key: keyOf(key) })),
    ready({ ...old, key: keyOf(id), hintedAt: Date.now() }),
  ]);
  world.okta.admin.suspend(id, { silent: true });
  await renewProofs(organizationOf(world));
  await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 5_000 }).toBe(-1);
});

test("a group that was created stays known as sent when adding its members is refused", async () => {
  await using world = await rested();
  for (const email of ["twin1@example.com", "twin2@example.com"]) {
    world.bitwarden.admin.addMember({ email, externalId: "twin" });
  }
  const group = world.okta.admin.createGroup("New", { silent: true });
  const data = { name: "New", externalId: group };
  const object = keyOf(group);
  await insert(world, [
    ready({ type: "group.create", kind: "group", key: object, data }),
    ready({ type: "membership.add", kind: "user", key: keyOf(person(world)), object, state: "waiting" }),
  ]);
  world.bitwarden.faults.add({ kind: "status", status: 400, match: { method: "PUT", path: GROUP_MEMBERS } });
  await createGroups(organizationOf(world), await world.operations("type = 'group.create' AND open = 1"));

  expect(world.bitwarden.dump().groups.some(({ externalId }) => externalId === group)).toBe(true);
  const [operation] = await world.operations("type = 'group.create' AND open = 1");
  expect(operation?.sentAt).not.toBeNull();
});

test("our own removal whose answer was lost is done, also when a decision sees it first", async () => {
  await using world = await rested({ sync: { leaver: "remove" } });
  const id = person(world);
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: REMOVE });
  const { writer } = world.app.database;
  await writer.raw(
    `CREATE TRIGGER later AFTER UPDATE ON operations WHEN NEW.state = 'ready' AND NEW.error IS NOT NULL
     BEGIN UPDATE operations SET due_at = ${String(Date.now() + 3_600_000)} WHERE id = NEW.id; END`,
  );
  world.okta.admin.suspend(id);
  await expect
    .poll(async () => (await world.operations("state = 'ready' AND sent_at IS NOT NULL")).length, { timeout: 5_000 })
    .toBe(1);
  await writer.raw("DROP TRIGGER later");
  await hint(world, id);
  await world.quiet();

  expect((await world.operations("type = 'member.remove'")).map(({ state }) => state)).toEqual(["done"]);
});

test("what was only observed is no first plan that somebody approved", async () => {
  await using world = await startWorld({ organization: { mode: "observe" } });
  await world.full();
  await world.restart({ organization: { mode: "sync", firstRun: "hold" } });
  await world.full();

  expect(actual(world.bitwarden).members).toEqual([]);
  await world.approve("all");
  await persist(world);
  expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
});

test("a stop right before an import is no failure", async () => {
  await using world = await rested();
  const facts = { firstName: "N", lastName: "N", email: "new@example.com" };
  const joiner = world.okta.admin.createUser(facts, { silent: true });
  await plan(world, "member.invite", [joiner], { email: facts.email, externalId: joiner });
  await setStarted(world.app.database.writer, OWNER.connection, false);
  await deliverImport(organizationOf(world), await world.operations("state = 'ready'"));

  expect(memberOf(world.bitwarden, joiner)).toBeUndefined();
  expect((await world.operations("open = 1")).map(({ attempts, error }) => [attempts, error])).toEqual([[0, null]]);
});

test("a hint that a connection left behind when it went out of the configuration keeps nobody's access", async () => {
  await using world = await rested();
  const id = person(world);
  const { writer } = world.app.database;
  await writer.raw("INSERT INTO joined (organization, claim, person) VALUES (?, 'ad/1', ?)", [
    OWNER.organization,
    keyOf(id),
  ]);
  await writer.raw(
    "INSERT INTO hints (connection, kind, key, hinted, due_at, first_at) VALUES ('ad', 'user', '1', 1, 0, 0)",
  );
  world.okta.admin.suspend(id);
  await expect.poll(async () => (await world.held()).length, { timeout: 5_000 }).toBe(1);
  const held = await world.held();
  expect(held.map(({ hold }) => hold)).toEqual(["the connection ad is not in the configuration any more"]);
  await world.request({ command: "approve", ids: held.map((operation) => operation.id), by: "tester", plans: [] });
  await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 5_000 }).toBe(-1);
});

test("whoever was removed by hand stays so, whatever a group's list shows in the same decision", async () => {
  await using world = await rested({ okta: { users: 10, groups: 1 } });
  const group = world.okta.admin.createGroup("Crowd");
  const people = Array.from({ length: 10 }, (_, at) => person(world, at));
  await persist(world);
  const [gone = "", byHand = "", ...joining] = people;
  const live = (await organizationOf(world).bitwarden.listGroups("normal")).find((one) => one.externalId === group);
  world.bitwarden.admin.setGroupMembers(live?.id ?? "", [memberOf(world.bitwarden, byHand)?.email ?? ""]);
  world.bitwarden.admin.deleteMember(memberOf(world.bitwarden, gone)?.email ?? "");
  await world.stopBridge();
  for (const id of [gone, ...joining]) world.okta.admin.addToGroup(id, group, { silent: true });
  await world.startBridge();
  const subject = { connection: OWNER.connection, kind: "group" as const, key: group };
  await organizationOf(world).hints.add([{ subject, via: null, urgent: true }], Date.now());
  world.app.ring(OWNER.connection);
  await persist(world);
  await hint(world, gone);
  await persist(world);

  expect(await world.operations(`key = '${keyOf(gone)}' AND type <> 'member.invite' AND state <> 'done'`)).toEqual([]);
});
