import { describe, expect, test } from "vitest";
import type { DirectoryUser, Edge, GroupRead } from "../../src/domain/directory.ts";
import type { Database } from "../../src/store/database.ts";
import { loadGroups, loadUsers } from "../../src/store/directory/directory-rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { loadEdges } from "../../src/store/directory/edge-rows.ts";
import { Hints } from "../../src/store/hints/hints.ts";
import { CONNECTION, engines, named } from "./store-engines.ts";

function user(key: string, state: DirectoryUser["state"] = "active"): DirectoryUser {
  return { key, externalId: key, email: `${key}@example.com`, state };
}

function group(key: string, ...people: string[]): GroupRead {
  const members = people.map((one): Edge => ({ kind: "user", key: one }));
  return { group: { key, externalId: key, name: key, state: "active" }, members };
}

function found<T>(value: T): { found: true; value: T } {
  return { found: true, value };
}

const GONE = { found: false, evidence: "404" } as const;

async function members(database: Database, key: string): Promise<string[]> {
  return ((await loadEdges(database.reader, CONNECTION, "user")).get(key) ?? []).sort();
}

async function stateOf(database: Database, key: string): Promise<string> {
  const record = (await loadUsers(database.reader, CONNECTION)).get(key);
  return record === undefined ? "unknown" : `${record.state}${record.confirmed ? "" : "?"}`;
}

describe.each(engines)("what the directory said, over $name", ({ open }) => {
  test("an older read never overwrites a younger one, whatever it says", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    const [older, younger] = [directory.beginRead(), directory.beginRead()];
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: [] }), younger, true);
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1", "disabled"), groups: [] }), older, true);
    expect(await stateOf(store.database, "u1")).toBe("active");
    await directory.storeUser(CONNECTION, "u1", GONE, older, true);
    expect(await stateOf(store.database, "u1")).toBe("active");
    await directory.storeSnapshotRows(CONNECTION, [user("u1", "disabled")], [], older);
    expect(await stateOf(store.database, "u1")).toBe("active");
  });

  test("an older read of a person does not bring back the groups of that time", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1")), directory.beginRead(), "unconcerned");
    const [older, younger] = [directory.beginRead(), directory.beginRead()];
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: [] }), younger, true);
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: ["g1"] }), older, true);
    expect(await members(store.database, "g1")).toEqual([]);
  });

  test("a group's list leaves those alone whose own groups were read later, however late older reads arrive", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1", "u2")), directory.beginRead(), "unconcerned");
    const [first, ofGroup, second] = [directory.beginRead(), directory.beginRead(), directory.beginRead()];
    await directory.storeUser(CONNECTION, "u2", found({ user: user("u2"), groups: [] }), second, true);
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: [] }), first, true);

    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1", "u2")), ofGroup, "unconcerned");
    expect(await members(store.database, "g1")).toEqual(["u1"]);
  });

  test("a person's list changes no group that was read later", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    const [ofUser, ofGroup] = [directory.beginRead(), directory.beginRead()];
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1")), ofGroup, "unconcerned");
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: [] }), ofUser, true);
    expect(await members(store.database, "g1")).toEqual(["u1"]);
  });

  test("a snapshot adds memberships and never takes one away", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1")), directory.beginRead(), "unconcerned");
    await directory.storeSnapshotRows(CONNECTION, [], [group("g1", "u2")], directory.beginRead());
    expect(await members(store.database, "g1")).toEqual(["u1", "u2"]);
  });

  test("a snapshot never adds back what a later direct read has taken away", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1")), directory.beginRead(), "unconcerned");
    const ofSnapshot = directory.beginRead();
    const later = directory.beginRead();
    await directory.storeUser(CONNECTION, "u1", found({ user: user("u1"), groups: [] }), later, true);
    await directory.storeSnapshotRows(CONNECTION, [], [group("g1", "u1")], ofSnapshot);
    expect(await members(store.database, "g1")).toEqual([]);
  });

  test("whoever is gone is in no group any more, and read numbers go on after a restart", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "u1")), directory.beginRead(), "unconcerned");
    await directory.storeUser(
      CONNECTION,
      "u1",
      found({ user: user("u1"), groups: ["g1"] }),
      directory.beginRead(),
      true,
    );
    const last = directory.beginRead();
    await directory.storeUser(CONNECTION, "u1", GONE, last, true);
    expect(await members(store.database, "g1")).toEqual([]);
    expect(await stateOf(store.database, "u1")).toBe("gone");
    expect((await DirectoryStore.open(store.database)).beginRead()).toMatchObject({ no: last.no + 1 });
  });

  test("a record knows when the read behind it began, also when nothing has changed", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    const read = found({ user: user("u1"), groups: [] });
    await directory.storeUser(CONNECTION, "u1", read, { ...directory.beginRead(), at: 1_000 }, true);
    await directory.storeUser(CONNECTION, "u1", read, { ...directory.beginRead(), at: 2_000 }, true);
    expect((await loadUsers(store.database.reader, CONNECTION)).get("u1")).toMatchObject({ readAt: 2_000 });
    await directory.storeUser(CONNECTION, "u1", GONE, { ...directory.beginRead(), at: 3_000 }, true);
    expect((await loadUsers(store.database.reader, CONNECTION)).get("u1")).toMatchObject({ readAt: 3_000 });
  });

  test("a read that began before a snapshot did is asked again, because the snapshot may have seen more", async () => {
    await using store = await open();
    await named(store.database.writer, CONNECTION);
    const directory = await DirectoryStore.open(store.database);
    const read = found({ user: user("u1"), groups: [] });
    const before = directory.beginRead();
    const ofSnapshot = await directory.beginSnapshot(CONNECTION);
    expect(await directory.storeUser(CONNECTION, "u1", read, before, true)).toBe(false);
    expect(await directory.storeUser(CONNECTION, "u1", read, directory.beginRead(), true)).toBe(true);
    const reopened = await DirectoryStore.open(store.database);
    expect(reopened.beginRead().no).toBeGreaterThan(ofSnapshot.no);
  });

  test("unknown people and groups in a read become hints of their own", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    await directory.storeGroup(CONNECTION, "g1", found(group("g1", "stranger")), directory.beginRead(), "unconcerned");
    await directory.storeUser(
      CONNECTION,
      "u1",
      found({ user: user("u1"), groups: ["g9"] }),
      directory.beginRead(),
      true,
    );
    const dirty = await new Hints(store.database).dirty(CONNECTION, Date.now() + 60_000, 10);
    expect(dirty.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual(["group g9", "user stranger"]);
  });

  test("ten thousand people and a group of all of them are stored in one call each", async () => {
    await using store = await open();
    const directory = await DirectoryStore.open(store.database);
    const keys = Array.from({ length: 10_000 }, (_, at) => `u${String(at)}`);
    const people = keys.map((key) => user(key));
    await directory.storeSnapshotRows(CONNECTION, people, [group("g1", ...keys)], directory.beginRead());
    expect((await loadUsers(store.database.reader, CONNECTION)).size).toBe(10_000);
    expect((await members(store.database, "g1")).length).toBe(10_000);
    expect((await loadGroups(store.database.reader, CONNECTION)).size).toBe(1);
  });
});
