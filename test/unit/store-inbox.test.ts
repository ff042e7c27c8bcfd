import { describe, expect, test } from "vitest";
import type { Hint, HintedEvent } from "../../src/domain/hint.ts";
import { hintDepth } from "../../src/store/hints/hint-depth.ts";
import { addHints } from "../../src/store/hints/add-hints.ts";
import { Hints, markDone } from "../../src/store/hints/hints.ts";
import { Inbox, lastReceivedAt } from "../../src/store/hints/inbox.ts";
import { transaction, type Database } from "../../src/store/database.ts";
import { CONNECTION, engines, named } from "./store-engines.ts";

/** Later than every pause for company. */
const SOON = Date.now() + 60_000;

function hint(key: string, facts: Partial<Omit<Hint, "subject">> = {}): Hint {
  return { subject: { connection: CONNECTION, kind: "user", key }, via: null, urgent: false, ...facts };
}

function event(id: string, ...keys: string[]): HintedEvent {
  return { id, type: "user.lifecycle.create", hints: keys.map((key) => hint(key)) };
}

async function eventCount(database: Database): Promise<number> {
  const rows = await database.reader.raw<{ count: number }[]>("SELECT COUNT(*) AS count FROM inbox");
  return rows[0]?.count ?? 0;
}

describe.each(engines)("inbox and hints over $name", ({ open }) => {
  test("an event that comes twice is accepted once, in one commit or across commits", async () => {
    await using store = await open();
    const inbox = new Inbox(store.database);

    const [first, second, third] = await Promise.all([
      inbox.accept(CONNECTION, [event("a", "u1"), event("a", "u1")]),
      inbox.accept(CONNECTION, [event("b", "u2"), event("a", "u1")]),
      inbox.accept(CONNECTION, [event("b", "u2")]),
    ]);
    const late = await inbox.accept(CONNECTION, [event("a", "u9")]);

    expect(first.accepted + second.accepted + third.accepted).toBe(2);
    expect(late).toEqual({ accepted: 0, duplicates: 1 });
    expect(await eventCount(store.database)).toBe(2);
    const dirty = await new Hints(store.database).dirty(CONNECTION, SOON, 10);
    expect(dirty.map((one) => one.key).sort()).toEqual(["u1", "u2"]);
  });

  test("the same event id of another connection is another event", async () => {
    await using store = await open();
    const inbox = new Inbox(store.database);
    await inbox.accept(CONNECTION, [event("a", "u1")]);
    expect(await inbox.accept("okta-other", [event("a", "u1")])).toEqual({ accepted: 1, duplicates: 0 });
  });

  test("everything that waits while a commit runs shares the next one, in any number", async () => {
    await using store = await open();
    await named(store.database.writer, CONNECTION);
    const inbox = new Inbox(store.database);
    const calls = Array.from({ length: 500 }, (_, at) => inbox.accept(CONNECTION, [event(`e${String(at)}`, "u1")]));
    const results = await Promise.all(calls);
    expect(results.every((result) => result.accepted === 1)).toBe(true);
    expect(await eventCount(store.database)).toBe(500);
    expect(await lastReceivedAt(store.database.reader, CONNECTION)).toBeGreaterThan(0);
  });

  test("when the commit fails, everybody who waited for it is told, nothing is stored, and the next works", async () => {
    await using store = await open();
    const inbox = new Inbox(store.database);
    await store.database.writer.raw("ALTER TABLE hints RENAME TO hidden");
    const refused = await Promise.allSettled([
      inbox.accept(CONNECTION, [event("a", "u1")]),
      inbox.accept(CONNECTION, [event("b", "u2")]),
      inbox.accept(CONNECTION, [event("c", "u3")]),
    ]);
    expect(refused.map((one) => one.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await eventCount(store.database)).toBe(0);

    await store.database.writer.raw("ALTER TABLE hidden RENAME TO hints");
    expect(await inbox.accept(CONNECTION, [event("a", "u1")])).toEqual({ accepted: 1, duplicates: 0 });
  });

  test("a hint that arrives during the read stays dirty, one that arrives during the decision stays too", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.add([hint("u1")], 1_000);
    const [captured] = await hints.dirty(CONNECTION, SOON, 10);
    if (!captured) throw new Error("not dirty");
    await hints.add([hint("u1")], 2_000);
    await hints.resolved(CONNECTION, [captured], 1);
    expect((await hints.dirty(CONNECTION, SOON, 10)).map((one) => one.key)).toEqual(["u1"]);

    const [again] = await hints.dirty(CONNECTION, SOON, 10);
    if (!again) throw new Error("not dirty");
    await hints.resolved(CONNECTION, [again], 1);
    const deciding = await hints.toDecide(CONNECTION, 10);
    await hints.add([hint("u1")], 3_000);
    await transaction(store.database, (trx) => markDone(trx, CONNECTION, deciding));

    expect((await hints.dirty(CONNECTION, SOON, 10)).length).toBe(1);
    expect(await hints.toDecide(CONNECTION, 10)).toEqual([]);
  });

  test("a decided hint leaves no row, and counts from the start when it comes again", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    for (let round = 0; round < 2; round += 1) {
      await hints.add([hint("u1")], 1_000);
      await hints.resolved(CONNECTION, await hints.dirty(CONNECTION, SOON, 10), 1);
      const deciding = await hints.toDecide(CONNECTION, 10);
      expect(deciding.length).toBe(1);
      await transaction(store.database, (trx) => markDone(trx, CONNECTION, deciding));
      expect((await hintDepth(store.database.reader, CONNECTION)).waiting).toBe(0);
    }
  });

  test("asking for a decision needs no read, and never hides that a read is due", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.undecided(CONNECTION, [{ kind: "user", key: "u1" }], 1_000);
    expect(await hints.dirty(CONNECTION, SOON, 10)).toEqual([]);
    expect((await hints.toDecide(CONNECTION, 10)).map((one) => one.key)).toEqual(["u1"]);

    await hints.add([hint("u2")], 1_000);
    await hints.undecided(CONNECTION, [{ kind: "user", key: "u2" }], 1_000);
    expect((await hints.dirty(CONNECTION, SOON, 10)).map((one) => one.key)).toEqual(["u2"]);
  });

  test("people hinted through one group keep it only while that group is the only cause", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.add([hint("same", { via: "g1" }), hint("mixed", { via: "g1" }), hint("both", { via: "g1" })], 1_000);
    await hints.add([hint("same", { via: "g1" }), hint("mixed", { via: "g2" }), hint("both")], 1_001);
    await transaction(store.database, (trx) => addHints(trx, [hint("once", { via: "g1" }), hint("once")], 1_002));
    const via = new Map((await hints.dirty(CONNECTION, SOON, 10)).map((one) => [one.key, one.via]));
    expect(Object.fromEntries(via)).toEqual({ same: "g1", mixed: null, both: null, once: null });
  });

  test("likely leavers are read first, and stay first when an ordinary hint follows", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.add(
      Array.from({ length: 20 }, (_, at) => hint(`joiner${String(at)}`)),
      1_000,
    );
    await hints.add([hint("leaver", { urgent: true })], 2_000);
    await hints.add([hint("leaver")], 3_000);
    const [first] = await hints.dirty(CONNECTION, SOON, 1);
    expect(first?.key).toBe("leaver");
  });

  test("a failed read is tried later, unless a new hint came meanwhile", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    await hints.add([hint("u1"), hint("u2")], 1_000);
    const captured = await hints.dirty(CONNECTION, SOON, 10);
    await hints.add([hint("u2")], 1_000);
    for (const one of captured) await hints.failed(CONNECTION, one, "unreachable", SOON + 1);
    expect((await hints.dirty(CONNECTION, SOON, 10)).map((one) => one.key)).toEqual(["u2"]);
  });
});
