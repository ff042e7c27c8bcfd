import { describe, expect, test } from "vitest";
import type { PlannedOperation } from "../../src/domain/operation.ts";
import { transaction, type Database } from "../../src/store/database.ts";
import { executedCounts } from "../../src/store/operations/guard-counts.ts";
import { approve, listHeld, listRejected, reject } from "../../src/store/operations/held.ts";
import {
  forget,
  groupSizes,
  loadLedgerMembers,
  loadLedgerUsers,
  saveGroupMembers,
  saveLedgerGroups,
  saveLedgerUsers,
} from "../../src/store/ledger/ledger.ts";
import {
  insertOperations,
  promoteWaiting,
  selectOperations,
  setState,
  type NewOperation,
} from "../../src/store/operations/operations.ts";
import { recoverSending } from "../../src/store/operations/sending.ts";
import { engines, ORGANIZATION } from "./store-engines.ts";

const NOW = Date.now();
const HOUR_MS = 60 * 60 * 1000;

function operation(key: string, facts: Partial<NewOperation> = {}): NewOperation {
  const planned: PlannedOperation = {
    type: "member.revoke",
    kind: "user",
    key,
    object: "",
    data: {},
    label: key,
    reason: "r",
    evidence: "e",
    provenAt: 0,
  };
  return { ...planned, state: "ready", hold: null, hintedAt: NOW, approvedBy: null, hint: "", ...facts };
}

function member(key: string, facts: { bwId?: string; externalId?: string } = {}) {
  const { bwId = `bw-${key}`, externalId = `x-${key}` } = facts;
  return { key, externalId, bwId, email: `${key}@example.com`, status: 2, type: 2, revokedByUs: false };
}

async function states(database: Database): Promise<string[]> {
  const rows = await selectOperations(database.reader, ORGANIZATION, "1 = 1 ORDER BY id", []);
  return rows.map((row) => `${row.key} ${row.state}`);
}

async function idsOf(database: Database): Promise<number[]> {
  return (await selectOperations(database.reader, ORGANIZATION, "1 = 1 ORDER BY id", [])).map((row) => row.id);
}

describe.each(engines)("ledger and operations over $name", ({ open }) => {
  test("what was read back of a member replaces what was known", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, ORGANIZATION, [member("u1")], NOW);
    await saveLedgerUsers(writer, ORGANIZATION, [{ ...member("u1", { externalId: "linked" }), status: -1 }], NOW);
    expect((await loadLedgerUsers(reader, ORGANIZATION)).get("u1")).toMatchObject({ externalId: "linked", status: -1 });
  });

  test("a Bitwarden member belongs to one key: who takes it over leaves nothing to the old one", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, ORGANIZATION, [member("old", { bwId: "bw" })], NOW);
    await saveLedgerUsers(writer, ORGANIZATION, [member("new", { bwId: "bw" })], NOW);
    expect([...(await loadLedgerUsers(reader, ORGANIZATION)).keys()]).toEqual(["new"]);
  });

  test("forgetting somebody forgets the memberships too, and group sizes follow", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, ORGANIZATION, [member("u1"), member("u2")], NOW);
    await saveLedgerGroups(writer, ORGANIZATION, [{ key: "g1", externalId: "x", bwId: "bw-g1", name: "G" }], NOW);
    await saveGroupMembers(writer, ORGANIZATION, "g1", new Set(["u1", "u2"]), NOW);
    expect(await groupSizes(reader, ORGANIZATION, ["g1", "g2"])).toEqual(new Map([["g1", 2]]));
    await forget(writer, ORGANIZATION, "user", "u1");
    expect(await groupSizes(reader, ORGANIZATION, ["g1"])).toEqual(new Map([["g1", 1]]));
    expect((await loadLedgerMembers(reader, ORGANIZATION)).get("g1")).toEqual(new Set(["u2"]));
  });

  test("one open operation per subject and object, any number of closed ones", async () => {
    await using store = await open();
    const { writer } = store.database;
    await insertOperations(writer, ORGANIZATION, [operation("u1")], NOW);
    await expect(
      insertOperations(writer, ORGANIZATION, [operation("u1", { type: "member.restore" })], NOW),
    ).rejects.toThrow(/UNIQUE/);
    await insertOperations(writer, ORGANIZATION, [operation("u1", { type: "membership.add", object: "g1" })], NOW);
    for (let round = 0; round < 2; round += 1) {
      await setState(writer, await idsOf(store.database), round === 0 ? "done" : "withdrawn", NOW);
      await insertOperations(writer, ORGANIZATION, [operation("u1")], NOW);
    }
    expect(await states(store.database)).toEqual(["u1 withdrawn", "u1 withdrawn", "u1 withdrawn", "u1 ready"]);
  });

  test("failed and rejected operations stay open, so that planning them again changes nothing", async () => {
    await using store = await open();
    const { writer } = store.database;
    await insertOperations(
      writer,
      ORGANIZATION,
      [operation("u1", { state: "held", hold: "members" }), operation("u2")],
      NOW,
    );
    const [first, second] = await idsOf(store.database);
    await transaction(store.database, (trx) => reject(trx, ORGANIZATION, [first ?? 0], "me", NOW));
    await setState(writer, [second ?? 0], "failed", NOW);
    for (const key of ["u1", "u2"]) {
      await expect(insertOperations(writer, ORGANIZATION, [operation(key)], NOW)).rejects.toThrow(/UNIQUE/);
    }
  });

  test("a membership waits until both of its sides are in the ledger", async () => {
    await using store = await open();
    const { writer } = store.database;
    const add = operation("u1", { type: "membership.add", object: "g1", state: "waiting" });
    await insertOperations(writer, ORGANIZATION, [add], NOW);
    await saveLedgerUsers(writer, ORGANIZATION, [member("u1")], NOW);
    await promoteWaiting(writer, ORGANIZATION);
    expect(await states(store.database)).toEqual(["u1 waiting"]);
    await saveLedgerGroups(writer, ORGANIZATION, [{ key: "g1", externalId: "x", bwId: "bw-g1", name: "G" }], NOW);
    await promoteWaiting(writer, ORGANIZATION);
    expect(await states(store.database)).toEqual(["u1 ready"]);
  });

  test("what was being sent when the process ended is sent again, and knows that it is a repetition", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await insertOperations(writer, ORGANIZATION, [operation("u1", { state: "sending" })], NOW);
    expect(await recoverSending(writer, ORGANIZATION)).toBe(1);
    const [row] = await selectOperations(reader, ORGANIZATION, "state = 'ready'", []);
    expect(row?.attempts).toBe(1);
  });

  test("held operations can be approved or rejected, and rejected ones approved after all", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    const held = { state: "held", hold: "members" } as const;
    await insertOperations(writer, ORGANIZATION, [operation("u1", held), operation("u2", held), operation("u3")], NOW);
    const ids = await idsOf(store.database);
    expect((await approve(writer, ORGANIZATION, [...ids, 999], "me", NOW)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect((await reject(writer, ORGANIZATION, ids, "me", NOW)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect(await listHeld(reader, ORGANIZATION)).toEqual([]);
    expect((await listRejected(reader, ORGANIZATION)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect((await approve(writer, ORGANIZATION, ids, "me", NOW)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect((await listHeld(reader, ORGANIZATION)).map((row) => row.approvedBy)).toEqual(["me", "me"]);
  });

  test("the guard's windows count what went out by itself: not held, approved, withdrawn or old ones", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await insertOperations(writer, ORGANIZATION, [operation("now")], NOW);
    await insertOperations(writer, ORGANIZATION, [operation("yesterday")], NOW - 30 * HOUR_MS);
    await insertOperations(writer, ORGANIZATION, [operation("long ago")], NOW - 8 * 24 * HOUR_MS);
    await insertOperations(writer, ORGANIZATION, [operation("held", { state: "held", hold: "x" })], NOW);
    await insertOperations(writer, ORGANIZATION, [operation("approved", { approvedBy: "me" })], NOW);
    await insertOperations(writer, ORGANIZATION, [operation("lost", { type: "membership.remove", object: "g1" })], NOW);
    await insertOperations(writer, ORGANIZATION, [operation("withdrawn")], NOW);
    const ids = await idsOf(store.database);
    await setState(writer, ids.slice(-1), "withdrawn", NOW);
    await setState(writer, ids.slice(0, 1), "done", NOW);

    const counts = await executedCounts(reader, ORGANIZATION, NOW + 1);

    expect(counts.byClass.members).toEqual({ day: 1, week: 2 });
    expect(counts.byClass.memberships).toEqual({ day: 1, week: 1 });
    expect(counts.byGroup.get("g1")).toEqual({ day: 1, week: 1 });
  });

  test("ten thousand operations and members are written in one statement each", async () => {
    await using store = await open();
    const { writer } = store.database;
    const keys = Array.from({ length: 10_000 }, (_, at) => `u${String(at)}`);
    await insertOperations(
      writer,
      ORGANIZATION,
      keys.map((key) => operation(key)),
      NOW,
    );
    await saveLedgerUsers(
      writer,
      ORGANIZATION,
      keys.map((key) => member(key)),
      NOW,
    );
    await setState(writer, await idsOf(store.database), "done", NOW);
    expect((await selectOperations(store.database.reader, ORGANIZATION, "state = 'done'", [])).length).toBe(10_000);
    expect((await loadLedgerUsers(store.database.reader, ORGANIZATION)).size).toBe(10_000);
  });

  test("transactions do not interleave, and a failed one leaves nothing behind", async () => {
    await using store = await open();
    const { database } = store;
    const seen: string[] = [];
    const work = (name: string, fails: boolean): Promise<void> =>
      transaction(database, async (trx) => {
        seen.push(`${name} begins`);
        await insertOperations(trx, ORGANIZATION, [operation(name)], NOW);
        await new Promise((resolve) => setTimeout(resolve, 10));
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([work("a", false), work("b", true), work("c", false)]);
    expect(results.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(seen.map((line) => line.split(" ")[0])).toEqual(["a", "a", "b", "b", "c", "c"]);
    expect(await states(database)).toEqual(["a ready", "c ready"]);
  });
});
