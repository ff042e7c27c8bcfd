import type { OperationType } from "../../src/domain/operation.ts";
import { describe, expect, test } from "vitest";
import { executedCounts } from "../../src/store/operations/guard-counts.ts";
import { saveLedgerGroups, saveLedgerUsers } from "../../src/store/ledger/ledger.ts";
import {
  insertOperations,
  selectOperations,
  setState,
  type NewOperation,
} from "../../src/store/operations/operations.ts";
import {
  confirmAt,
  confirmInstead,
  loadSent,
  markSending,
  putBack,
  recoverSending,
  unmarkSent,
} from "../../src/store/operations/sending.ts";
import { troublesByCause } from "../../src/store/operations/troubles.ts";
import { engines, ORGANIZATION } from "./store-engines.ts";

const NOW = Date.now();
const MINUTE_MS = 60_000;

function operation(key: string, facts: Partial<NewOperation> = {}): NewOperation {
  const planned = { type: "member.revoke", kind: "user", key, object: "", data: {}, label: key } as const;
  const words = { reason: "r", evidence: "e", provenAt: 0, hint: "", hintedAt: NOW, approvedBy: null, hold: null };
  return { ...planned, ...words, state: "ready", ...facts };
}

describe.each(engines)("that something was sent, over $name", ({ open }) => {
  async function world() {
    const store = await open();
    const { writer, reader } = store.database;
    const rows = () => selectOperations(reader, ORGANIZATION, "1 = 1 ORDER BY id", []);
    return {
      writer,
      reader,
      rows,
      async add(...operations: NewOperation[]): Promise<number[]> {
        await insertOperations(writer, ORGANIZATION, operations, NOW);
        return (await rows()).map(({ id }) => id).slice(-operations.length);
      },
      shown: async () =>
        (await rows()).map(({ key, state, sentAt }) => [key, state, sentAt === null ? null : sentAt - NOW]),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  }

  test("survives a failure, and goes only when something proves that it had no effect", async () => {
    await using store = await world();
    const ids = await store.add(operation("u1"));
    await markSending(store.writer, ids, NOW);
    await setState(store.writer, ids, "ready", NOW, {
      error: "the read-back failed",
      dueAt: NOW + 1_000,
      attempt: true,
    });
    expect(await store.shown()).toEqual([["u1", "ready", 0]]);
    await setState(store.writer, ids, "ready", NOW, { error: "without effect", noEffect: true });
    expect(await store.shown()).toEqual([["u1", "ready", null]]);
  });

  test("falls back to what was known before when the request was refused", async () => {
    await using store = await world();
    const ids = await store.add(operation("u1"), operation("u2"));
    await markSending(store.writer, ids.slice(0, 1), NOW);
    const before = await store.rows();
    await markSending(store.writer, ids, NOW + 5);
    await unmarkSent(store.writer, before);
    expect(await store.shown()).toEqual([
      ["u1", "sending", 0],
      ["u2", "sending", null],
    ]);
  });

  test("stays with what a unit or a process leaves behind; memberships wait again for both sides", async () => {
    await using store = await world();
    const adds = ["u1", "u2"].map((key) => operation(key, { type: "membership.add", object: "g1" }));
    const ids = await store.add(operation("u3"), ...adds);
    const member = { externalId: "x", bwId: "b1", email: "e", status: 2, type: 2, revokedByUs: false };
    await saveLedgerUsers(store.writer, ORGANIZATION, [{ key: "u1", ...member }], NOW);
    await saveLedgerGroups(store.writer, ORGANIZATION, [{ key: "g1", externalId: "x", bwId: "b2", name: "G" }], NOW);
    const expected = [
      ["u3", "ready", 0],
      ["u1", "ready", 0],
      ["u2", "waiting", 0],
    ];
    await markSending(store.writer, ids, NOW);
    await putBack(store.writer, ORGANIZATION, ids, NOW);
    expect(await store.shown()).toEqual(expected);
    await markSending(store.writer, ids, NOW);
    expect(await recoverSending(store.writer, ORGANIZATION)).toBe(3);
    expect(await store.shown()).toEqual(expected);
    expect(await recoverSending(store.writer, ORGANIZATION)).toBe(0);
  });

  test("makes what is no longer wanted be confirmed instead of forgotten", async () => {
    await using store = await world();
    const ids = await store.add(operation("sent"), operation("never"), operation("long ago"));
    await markSending(store.writer, ids.slice(0, 1), NOW - 20_000);
    await markSending(store.writer, ids.slice(2), NOW - 11 * MINUTE_MS);
    await confirmInstead(store.writer, ids, NOW);

    const rows = await store.rows();
    expect(rows.map(({ key, state }) => [key, state])).toEqual([
      ["sent", "confirming"],
      ["never", "withdrawn"],
      ["long ago", "confirming"],
    ]);
    expect(rows.map(({ dueAt }) => dueAt - NOW).filter((_, at) => at !== 1)).toEqual([10_000, 0]);
    const subjects = { all: false, users: new Set(["sent", "never"]), groups: new Set<string>() };
    expect((await loadSent(store.reader, ORGANIZATION, subjects)).map(({ key }) => key)).toEqual(["sent"]);
    expect((await executedCounts(store.reader, ORGANIZATION, NOW + 1)).byClass.members.day).toBe(2);

    await confirmInstead(store.writer, ids, NOW + 30_000);
    expect((await store.rows()).map(({ dueAt }) => dueAt - NOW).filter((_, at) => at !== 1)).toEqual([10_000, 0]);
    // The subject may be decided anew meanwhile.
    await store.add(operation("sent", { type: "member.restore" }));
  });

  test("is looked for after half a minute, two, five and ten minutes; what changes one row only for one minute", () => {
    const seconds = (type: OperationType) => (age: number) => {
      const dueAt = confirmAt({ type, sentAt: NOW }, NOW + age * 1_000);
      return dueAt === null ? null : (dueAt - NOW) / 1_000;
    };
    const created = [0, 29, 30, 119, 120, 300, 599, 600].map(seconds("member.invite"));
    expect(created).toEqual([30, 30, 120, 120, 300, 600, 600, null]);
    expect([0, 10, 30, 59, 60].map(seconds("member.revoke"))).toEqual([10, 30, 60, 60, null]);
  });

  test("failures come as one line a cause, with a count and a few names", async () => {
    await using store = await world();
    const ids = await store.add(...["a", "b", "c", "d", "e"].map((key) => operation(key)));
    await setState(store.writer, ids.slice(0, 4), "ready", NOW, { error: "no seats", dueAt: NOW + 5 });
    await setState(store.writer, ids.slice(4), "failed", NOW, { error: "bad address" });
    const type = ["member.revoke"];
    expect(await troublesByCause(store.reader, ORGANIZATION)).toEqual([
      { error: "no seats", count: 4, names: ["a", "b", "c"], types: type, states: ["ready"], dueAt: NOW + 5 },
      { error: "bad address", count: 1, names: ["e"], types: type, states: ["failed"], dueAt: null },
    ]);
  });

  test("an operation that failed for good and is tried again grows old anew", async () => {
    await using store = await world();
    const ids = await store.add(operation("u1"));
    await setState(store.writer, ids, "failed", NOW + 1_000);
    await setState(store.writer, ids, "ready", NOW + 5_000);
    expect((await store.rows())[0]?.releasedAt).toBe(NOW + 5_000);
    await setState(store.writer, ids, "ready", NOW + 9_000);
    expect((await store.rows())[0]?.releasedAt).toBe(NOW + 5_000);
  });
});
