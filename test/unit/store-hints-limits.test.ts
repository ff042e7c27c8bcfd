import { describe, expect, test } from "vitest";
import type { Hint, HintedEvent } from "../../src/domain/hint.ts";
import type { Database } from "../../src/store/database.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { clampWaits, READ_LONGEST_MS, retryHintsNow, SNAPSHOT_LONGEST_MS } from "../../src/store/hints/hint-waits.ts";
import { Hints } from "../../src/store/hints/hints.ts";
import { Inbox } from "../../src/store/hints/inbox.ts";
import { readCursor } from "../../src/store/state.ts";
import { CONNECTION, engines, named } from "./store-engines.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;

function hint(key: string, facts: Partial<Omit<Hint, "subject">> = {}): Hint {
  const kind = key === "" ? "all" : "user";
  return { subject: { connection: CONNECTION, kind, key }, via: null, urgent: false, ...facts };
}

function event(id: string, ...hints: Hint[]): HintedEvent {
  return { id, type: "some.type", hints };
}

async function rows(database: Database): Promise<{ kind: string; key: string; due_at: number }[]> {
  return database.reader.raw("SELECT kind, key, due_at FROM hints WHERE connection = ? ORDER BY kind, key", [
    CONNECTION,
  ]);
}

async function withConnection(database: Database): Promise<void> {
  await named(database.writer, CONNECTION);
}

describe.each(engines)("limits of hints, over $name", ({ open }) => {
  test("one event that names twenty thousand people asks for one snapshot", async () => {
    await using store = await open();
    await withConnection(store.database);
    const people = Array.from({ length: 20_000 }, (_, at) => hint(`u${String(at)}`));
    await new Inbox(store.database).accept(CONNECTION, [
      event("big", ...people),
      event("small", ...people.slice(0, 500)),
    ]);
    const found = await rows(store.database);
    expect(found.filter(({ kind }) => kind === "all")).toHaveLength(1);
    expect(found.filter(({ kind }) => kind === "user")).toHaveLength(500);
  });

  test("however many events ask for everything, it is read once a minute; a person is not kept waiting", async () => {
    await using store = await open();
    await withConnection(store.database);
    const hints = new Hints(store.database);
    const inbox = new Inbox(store.database);
    await inbox.accept(CONNECTION, [event("first", hint(""))]);
    const now = Date.now();
    const first = await hints.dirtyAll(CONNECTION, now);
    if (first === null) throw new Error("not due at once");
    await hints.resolved(CONNECTION, [first], now);
    for (let n = 0; n < 61; n += 1) await inbox.accept(CONNECTION, [event(`again ${String(n)}`, hint(""))]);

    expect(await hints.dirtyAll(CONNECTION, now + MINUTE_MS / 2)).toBeNull();
    expect(await hints.dirtyAll(CONNECTION, now + MINUTE_MS + 1_000)).not.toBeNull();
    await hints.add([hint("", { urgent: true })], Date.now());
    expect(await hints.dirtyAll(CONNECTION, Date.now())).not.toBeNull();
  });

  test("what waits after a failure keeps its back-off, however many hooks name it", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.add([hint("u1", { urgent: true }), hint("")], 1_000);
    for (const one of await hints.dirty(CONNECTION, 2_000, 10)) await hints.failed(CONNECTION, one, "down", 90_000);
    const all = await hints.dirtyAll(CONNECTION, 2_000);
    if (all !== null) await hints.failed(CONNECTION, all, "down", 90_000);
    await hints.add([hint("u1", { urgent: true }), hint("")], 3_000);
    expect((await rows(store.database)).map(({ due_at }) => due_at)).toEqual([90_000, 90_000]);
    await retryHintsNow(store.database.writer, CONNECTION, 4_000);
    expect((await rows(store.database)).map(({ due_at }) => due_at)).toEqual([4_000, 4_000]);
  });

  test("after the clock was set back by a week nobody waits a week", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    const now = Date.now();
    const later = now + 7 * DAY_MS;
    await hints.add([hint("failed"), hint("fresh"), hint("")], later);
    const [failed] = (await hints.dirty(CONNECTION, later + MINUTE_MS, 10)).filter(({ key }) => key === "failed");
    if (failed === undefined) throw new Error("not dirty");
    await hints.failed(CONNECTION, failed, "down", later + MINUTE_MS);

    await clampWaits(store.database, CONNECTION, now);

    const due = new Map((await rows(store.database)).map(({ key, due_at }) => [key, due_at - now]));
    expect(due.get("failed")).toBeLessThanOrEqual(READ_LONGEST_MS);
    expect(due.get("fresh")).toBeLessThanOrEqual(5_000);
    expect(due.get("")).toBeLessThanOrEqual(SNAPSHOT_LONGEST_MS);
    await hints.add([hint("fine")], now);
    await clampWaits(store.database, CONNECTION, now);
    expect((await rows(store.database)).find(({ key }) => key === "fine")?.due_at).toBe(now + 100);
  });

  test("people whom a snapshot reads are left to it, until they are hinted again or it ends", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    const now = Date.now();
    await hints.add([hint("waiting")], now);
    const keys = ["waiting", "mine", "both"];
    const nominated = await hints.nominate(
      CONNECTION,
      keys.map((key) => ({ kind: "user" as const, key })),
      now,
    );
    const dirty = async () => (await hints.dirty(CONNECTION, now + MINUTE_MS, 10)).map(({ key }) => key).sort();
    expect(await dirty()).toEqual(["waiting"]);
    await hints.add([hint("both")], now);
    expect(await dirty()).toEqual(["both", "waiting"]);
    await hints.resolved(
      CONNECTION,
      nominated.filter(({ key }) => key !== "mine"),
      now,
    );
    expect(await dirty()).toEqual(["both"]);
    await hints.releaseNominated(CONNECTION);
    expect(await dirty()).toEqual(["both", "mine"]);
  });

  test("a decision about everything takes all that is resolved, any other only its share", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    const people = Array.from({ length: 30 }, (_, at) => ({ kind: "user" as const, key: `u${String(at)}` }));
    await hints.undecided(CONNECTION, people, 1_000);
    expect(await hints.toDecide(CONNECTION, 10)).toHaveLength(10);
    await hints.add([hint("")], 1_000);
    const all = await hints.dirtyAll(CONNECTION, 2_000);
    await hints.resolved(CONNECTION, all === null ? [] : [all], 2_000);
    expect(await hints.toDecide(CONNECTION, 10)).toHaveLength(31);
  });

  test("the cursor of a page moves with its events, or not at all", async () => {
    await using store = await open();
    await withConnection(store.database);
    const inbox = new Inbox(store.database);
    const page = { feed: "changes", cursor: "c1", hints: [hint("")] };
    await store.database.writer.raw(
      "CREATE TRIGGER full BEFORE INSERT ON hints BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    await expect(inbox.accept(CONNECTION, [event("a", hint("u1"))], page)).rejects.toThrow();
    expect(await readCursor(store.database.reader, CONNECTION, "changes")).toBeNull();
    await store.database.writer.raw("DROP TRIGGER full");
    expect(await inbox.accept(CONNECTION, [event("a", hint("u1"))], page)).toEqual({ accepted: 1, duplicates: 0 });
    expect(await readCursor(store.database.reader, CONNECTION, "changes")).toBe("c1");
    expect((await rows(store.database)).map(({ kind }) => kind)).toEqual(["all", "user"]);
  });

  test("a deciding group of hundreds asks for each of them, one of many thousands for one snapshot, none for nothing", async () => {
    await using store = await open();
    await withConnection(store.database);
    const directory = await DirectoryStore.open(store.database);
    const read = async (people: number) => {
      const members = Array.from({ length: people }, (_, at) => ({ kind: "user" as const, key: `u${String(at)}` }));
      const users = members.map(({ key }) => ({ key, externalId: key, email: `${key}@x.org`, state: "out" as const }));
      await directory.storeSnapshotRows(CONNECTION, users, [], await directory.beginSnapshot(CONNECTION));
      const group = { key: "g", externalId: "g", name: "Included", state: "active" as const };
      await store.database.writer.raw("DELETE FROM hints");
      await directory.storeGroup(
        CONNECTION,
        "g",
        { found: true, value: { group, members } },
        directory.beginRead(),
        "hinted",
      );
      return (await rows(store.database)).filter(({ kind }) => kind !== "group");
    };
    expect(await read(700)).toHaveLength(700);
    expect(await read(700)).toEqual([]);
    expect((await read(6_000)).map(({ kind }) => kind)).toEqual(["all"]);
    expect(await read(0)).toMatchObject([{ kind: "all" }]);
    expect(await read(1)).toMatchObject([{ kind: "user", key: "u0" }]);
  });
});
