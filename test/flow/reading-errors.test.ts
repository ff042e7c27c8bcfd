import { expect, test } from "vitest";
import { lastRun } from "../../src/store/runs.ts";
import { connectionRow, directoryErrors } from "../../src/store/state.ts";
import { Hints } from "../../src/store/hints/hints.ts";
import { actual, leaverCalls, statusOf, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

const REVOKED = -1;
const FOR_EVER = Number.POSITIVE_INFINITY;

async function works(world: World): Promise<string[]> {
  return (await directoryErrors(world.app.database.reader, "okta-main")).map(({ work }) => work).sort();
}

test("a reconciliation whose direct reads fail is no success, names them, and heals by itself", async () => {
  await using world = await startWorld({ okta: { users: 9, groups: 1 } });
  await world.full();
  const { okta } = world;
  const [unread = "", leaver = ""] = okta.state.users.keys();
  for (const id of [unread, leaver]) okta.admin.suspend(id, { silent: true });
  okta.faults.add({ kind: "status", status: 500, match: `/api/v1/users/${unread}`, times: FOR_EVER });

  const report = await world.full();

  expect(report.failure).toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  expect(report.failure?.message).toContain(`user/${unread}`);
  expect((await lastRun(world.app.database.reader, "okta-main", "snapshot"))?.result).toContain("1 of 2 direct reads");
  expect(await works(world)).toEqual(["nominated"]);
  // Whoever could be read is decided all the same.
  expect(statusOf(world.bitwarden, leaver)).toBe(REVOKED);
  expect(leaverCalls(world.bitwarden)).toHaveLength(1);
  // Asked again without --full, it is still no success.
  const [again] = (await world.app.sync(null, false)).connections;
  expect(again?.failure?.message).toContain(`user/${unread}`);

  okta.faults.clear();
  await world.hurry();
  await expect.poll(() => statusOf(world.bitwarden, unread), { timeout: 10_000 }).toBe(REVOKED);
  await expect.poll(() => works(world)).toEqual([]);
});

test("single reads that succeed do not hide that the whole could not be read", async () => {
  await using world = await startWorld({ okta: { users: 9, groups: 1 } });
  await world.full();
  const { okta } = world;
  const [leaver = ""] = okta.state.users.keys();
  okta.faults.add({ kind: "status", status: 500, match: "/api/v1/groups", times: FOR_EVER });
  okta.admin.suspend(leaver, { silent: true });
  const hint = { subject: { connection: "okta-main", kind: "user" as const, key: leaver }, via: null, urgent: true };
  await new Hints(world.app.database).add([hint], Date.now());

  const report = await world.full();

  expect(report.failure).toMatchObject({ code: "DIRECTORY_UNREACHABLE" });
  expect(statusOf(world.bitwarden, leaver)).toBe(REVOKED);
  expect(await works(world)).toEqual(["snapshot"]);
});

test("a poll that is refused is an error until a poll succeeds, whatever else succeeds", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 0 } });
  await world.full();
  world.okta.faults.add({ kind: "status", status: 403, errorCode: "E0000006", match: "/api/v1/logs", times: FOR_EVER });

  const { connections } = await world.app.sync(null, false);
  expect(connections.map(({ failure }) => failure?.code)).toEqual(["DIRECTORY_DENIED"]);
  await world.full();

  expect((await connectionRow(world.app.database.reader, "okta-main"))?.error_code).toBe("DIRECTORY_DENIED");
  world.okta.faults.clear();
  await world.poll();
  expect(await works(world)).toEqual([]);
});

test("nothing falls between a snapshot and the first poll, nor into the gap of a lost cursor", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 0 }, hooks: false });
  await world.full();
  const { okta, bitwarden } = world;
  const cursor = async () => {
    const rows = await world.app.database.reader.raw<{ cursor: string }[]>(
      "SELECT cursor FROM cursors WHERE feed = ?",
      ["changes"],
    );
    return rows[0]?.cursor;
  };
  expect(await cursor()).toBeDefined();
  const [first = "", second = ""] = okta.state.users.keys();
  okta.admin.suspend(first);
  await world.poll();
  expect(statusOf(bitwarden, first)).toBe(REVOKED);

  await world.app.database.writer.raw("UPDATE cursors SET cursor = 'nonsense' WHERE feed = 'changes'");
  okta.admin.suspend(second, { silent: true });
  await world.poll();
  expect(await cursor()).not.toBe("nonsense");
  expect(statusOf(bitwarden, second)).toBe(REVOKED);
  expect(actual(bitwarden)).toEqual(wanted(okta));
});

test("the scope under which a snapshot was read is kept with it", async () => {
  await using world = await startWorld({ okta: { users: 4, groups: 0 } });
  const scope = async () => (await connectionRow(world.app.database.reader, "okta-main"))?.snapshot_scope_hash;
  expect(await scope()).toBeNull();
  await world.full();
  const before = await scope();
  expect(before).toBe(world.app.connections[0]?.scopeHash);
  await world.restart({ sync: { userFilter: "exclude:nobody@example.com" } });
  expect(await scope()).toBe(before);
  await world.full();
  expect(await scope()).toBe(world.app.connections[0]?.scopeHash);
  expect(await scope()).not.toBe(before);
});

test("a person whose record cannot be understood is named, and costs nobody else anything", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 1 } });
  await world.full();
  const { okta, bitwarden } = world;
  const [odd = "", leaver = ""] = okta.state.users.keys();
  const person = okta.state.users.get(odd);
  if (!person) throw new Error("nobody");
  const { status } = person;
  Reflect.set(person, "status", 7);
  okta.admin.suspend(leaver, { silent: true });

  const report = await world.full();

  expect(report.failure?.message).toContain(`user/${odd}`);
  expect(statusOf(bitwarden, leaver)).toBe(REVOKED);
  expect(statusOf(bitwarden, odd)).toBe(0);
  Reflect.set(person, "status", status);
  await world.hurry();
  expect((await world.full()).failure).toBeNull();
});

test("an address that is not text is no address: a notice, and everybody else goes on", async () => {
  await using world = await startWorld({ okta: { users: 6, groups: 1 } });
  const { okta } = world;
  const id = okta.admin.createUser({ firstName: "O", lastName: "Dd", email: "odd@example.com" }, { silent: true });
  const profile = okta.state.users.get(id)?.profile;
  if (!profile) throw new Error("nobody");
  Reflect.set(profile, "email", ["odd@example.com"]);

  expect((await world.full()).failure).toBeNull();

  expect(actual(world.bitwarden).members).toEqual(wanted(okta).members.filter((one) => one !== id));
  expect((await world.notices()).map(({ code }) => code)).toContain("no-email");
});
