import { describe, expect, test } from "vitest";
import type { PlannedOperation } from "../../src/domain/operation.ts";
import { transaction, type Database } from "../../src/store/database.ts";
import { executedCounts } from "../../src/store/guard-counts.ts";
import { approve, listHeld, reject } from "../../src/store/held.ts";
import {
  forget,
  groupSizes,
  loadLedgerMembers,
  loadLedgerUsers,
  saveGroupMembers,
  saveLedgerGroups,
  saveLedgerUsers,
} from "../../src/store/ledger.ts";
import {
  insertOperations,
  promoteWaiting,
  selectOperations,
  setState,
  type NewOperation,
} from "../../src/store/operations.ts";
import { recoverSending } from "../../src/store/sending.ts";
import { engines, OWNER } from "./store-engines.ts";

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
  };
  return { ...planned, state: "ready", hold: null, hintedAt: NOW, approvedBy: null, hint: "", ...facts };
}

function member(key: string, facts: { bwId?: string; externalId?: string } = {}) {
  const { bwId = `bw-${key}`, externalId = `x-${key}` } = facts;
  return { key, externalId, bwId, email: `${key}@example.com`, status: 2, type: 2, revokedByUs: false };
}

async function states(database: Database): Promise<string[]> {
  const rows = await selectOperations(database.reader, OWNER, "1 = 1 ORDER BY id", []);
  return rows.map((row) => `${row.key} ${row.state}`);
}

async function idsOf(database: Database): Promise<number[]> {
  return (await selectOperations(database.reader, OWNER, "1 = 1 ORDER BY id", [])).map((row) => row.id);
}

describe.each(engines)("ledger and operations over $name", ({ open }) => {
  test("the external id of a managed member is frozen at first sight; everything else follows", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, OWNER, [member("u1")], NOW);
    await saveLedgerUsers(writer, OWNER, [{ ...member("u1", { externalId: "renamed" }), status: -1 }], NOW);
    const known = (await loadLedgerUsers(reader, OWNER)).get("u1");
    expect(known?.externalId).toBe("x-u1");
    expect(known?.status).toBe(-1);
  });

  test("a Bitwarden member belongs to one key: who takes it over leaves nothing to the old one", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, OWNER, [member("old", { bwId: "bw" })], NOW);
    await saveLedgerUsers(writer, OWNER, [member("new", { bwId: "bw" })], NOW);
    expect([...(await loadLedgerUsers(reader, OWNER)).keys()]).toEqual(["new"]);
  });

  test("forgetting somebody forgets the memberships too, and group sizes follow", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await saveLedgerUsers(writer, OWNER, [member("u1"), member("u2")], NOW);
    await saveLedgerGroups(writer, OWNER, [{ key: "g1", externalId: "x", bwId: "bw-g1", name: "G" }], NOW);
    await saveGroupMembers(writer, OWNER, "g1", new Set(["u1", "u2"]), NOW);
    expect(await groupSizes(reader, OWNER, ["g1", "g2"])).toEqual(new Map([["g1", 2]]));
    await forget(writer, OWNER, "user", "u1");
    expect(await groupSizes(reader, OWNER, ["g1"])).toEqual(new Map([["g1", 1]]));
    expect((await loadLedgerMembers(reader, OWNER)).get("g1")).toEqual(new Set(["u2"]));
  });

  test("one open operation per subject and object, any number of closed ones", async () => {
    await using store = await open();
    const { writer } = store.database;
    await insertOperations(writer, OWNER, [operation("u1")], NOW);
    await expect(insertOperations(writer, OWNER, [operation("u1", { type: "member.restore" })], NOW)).rejects.toThrow(
      /UNIQUE/,
    );
    await insertOperations(writer, OWNER, [operation("u1", { type: "membership.add", object: "g1" })], NOW);
    for (let round = 0; round < 2; round += 1) {
      await setState(writer, await idsOf(store.database), round === 0 ? "done" : "withdrawn", NOW);
      await insertOperations(writer, OWNER, [operation("u1")], NOW);
    }
    expect(await states(store.database)).toEqual(["u1 withdrawn", "u1 withdrawn", "u1 withdrawn", "u1 ready"]);
  });

  test("failed and rejected operations stay open, so that planning them again changes nothing", async () => {
    await using store = await open();
    const { writer } = store.database;
    await insertOperations(writer, OWNER, [operation("u1", { state: "held", hold: "members" }), operation("u2")], NOW);
    const [first, second] = await idsOf(store.database);
    await transaction(store.database, (trx) => reject(trx, OWNER, [first ?? 0], "me", NOW));
    await setState(writer, [second ?? 0], "failed", NOW);
    for (const key of ["u1", "u2"]) {
      await expect(insertOperations(writer, OWNER, [operation(key)], NOW)).rejects.toThrow(/UNIQUE/);
    }
  });

  test("a membership waits until both of its sides are in the ledger", async () => {
    await using store = await open();
    const { writer } = store.database;
    const add = operation("u1", { type: "membership.add", object: "g1", state: "waiting" });
    await insertOperations(writer, OWNER, [add], NOW);
    await saveLedgerUsers(writer, OWNER, [member("u1")], NOW);
    await promoteWaiting(writer, OWNER);
    expect(await states(store.database)).toEqual(["u1 waiting"]);
    await saveLedgerGroups(writer, OWNER, [{ key: "g1", externalId: "x", bwId: "bw-g1", name: "G" }], NOW);
    await promoteWaiting(writer, OWNER);
    expect(await states(store.database)).toEqual(["u1 ready"]);
  });

  test("what was being sent when the process ended is sent again, and knows that it is a repetition", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await insertOperations(writer, OWNER, [operation("u1", { state: "sending" })], NOW);
    expect(await recoverSending(writer, OWNER)).toBe(1);
    const [row] = await selectOperations(reader, OWNER, "state = 'ready'", []);
    expect(row?.attempts).toBe(1);
  });

  test("only what is held can be approved or rejected, and only once", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    const held = { state: "held", hold: "members" } as const;
    await insertOperations(writer, OWNER, [operation("u1", held), operation("u2", held), operation("u3")], NOW);
    const ids = await idsOf(store.database);
    expect((await approve(writer, OWNER, [...ids, 999], "me", NOW)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect((await reject(writer, OWNER, ids, "me", NOW)).map((row) => row.key)).toEqual(["u1", "u2"]);
    expect(await listHeld(reader, OWNER)).toEqual([]);
    expect(await approve(writer, OWNER, "all", "me", NOW)).toEqual([]);
  });

  test("the guard's windows count what went out by itself: not held, approved, withdrawn or old ones", async () => {
    await using store = await open();
    const { writer, reader } = store.database;
    await insertOperations(writer, OWNER, [operation("now")], NOW);
    await insertOperations(writer, OWNER, [operation("yesterday")], NOW - 30 * HOUR_MS);
    await insertOperations(writer, OWNER, [operation("long ago")], NOW - 8 * 24 * HOUR_MS);
    await insertOperations(writer, OWNER, [operation("held", { state: "held", hold: "x" })], NOW);
    await insertOperations(writer, OWNER, [operation("approved", { approvedBy: "me" })], NOW);
    await insertOperations(writer, OWNER, [operation("lost", { type: "membership.remove", object: "g1" })], NOW);
    await insertOperations(writer, OWNER, [operation("withdrawn")], NOW);
    const ids = await idsOf(store.database);
    await setState(writer, ids.slice(-1), "withdrawn", NOW);
    await setState(writer, ids.slice(0, 1), "done", NOW);

    const counts = await executedCounts(reader, OWNER, NOW + 1);

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
      OWNER,
      keys.map((key) => operation(key)),
      NOW,
    );
    await saveLedgerUsers(
      writer,
      OWNER,
      keys.map((key) => member(key)),
      NOW,
    );
    await setState(writer, await idsOf(store.database), "done", NOW);
    expect((await selectOperations(store.database.reader, OWNER, "state = 'done'", [])).length).toBe(10_000);
    expect((await loadLedgerUsers(store.database.reader, OWNER)).size).toBe(10_000);
  });

  test("transactions do not interleave, and a failed one leaves nothing behind", async () => {
    await using store = await open();
    const { database } = store;
    const seen: string[] = [];
    const work = (name: string, fails: boolean): Promise<void> =>
      transaction(database, async (trx) => {
        seen.push(`${name} begins`);
        await insertOperations(trx, OWNER, [operation(name)], NOW);
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
