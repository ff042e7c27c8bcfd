import { describe, expect, test } from "vitest";
import type { Database } from "../../src/store/database.ts";
import { appendJournal } from "../../src/store/journal.ts";
import { insertOperations } from "../../src/store/operations/operations.ts";
import { prune } from "../../src/store/prune.ts";
import { addRequest, finishRequest } from "../../src/store/requests.ts";
import { engines, ORGANIZATION } from "./store-engines.ts";

const NOW = Date.now();
const DAY_MS = 24 * 60 * 60 * 1000;
const never = new AbortController().signal;

function daysAgo(days: number): number {
  return NOW - days * DAY_MS;
}

async function column(database: Database, table: string, name: string): Promise<unknown[]> {
  const rows = await database.reader.select<Record<string, unknown>[]>(name).from(table).orderBy("id");
  return rows.map((row) => row[name]);
}

async function journal(database: Database, subject: string, days: number): Promise<void> {
  const entry = { organization: ORGANIZATION, subject, operation: null, step: "sent", data: {} };
  await appendJournal(database.writer, [entry], daysAgo(days));
}

/** An operation as it stands in the store after `days`; open ones are those that nobody has decided yet. */
async function operation(database: Database, key: string, days: number, state: string, open: 1 | null): Promise<void> {
  const planned = { type: "member.revoke", kind: "user", key, object: "", data: {}, label: key, reason: "r" } as const;
  const row = { evidence: "e", provenAt: 0, state: "ready", hold: null, hintedAt: 0, approvedBy: null } as const;
  await insertOperations(database.writer, ORGANIZATION, [{ ...planned, ...row, hint: "" }], daysAgo(days));
  await database
    .writer("operations")
    .where({ key })
    .update({ state, open, finished_at: daysAgo(days) });
}

describe.each(engines)("what a store of $name forgets", ({ open }) => {
  test("closed operations after 90 days; an open one is kept however old it is", async () => {
    await using store = await open();
    await operation(store.database, "old-done", 91, "done", null);
    await operation(store.database, "old-rejected", 400, "rejected", 1);
    await operation(store.database, "young-done", 89, "done", null);

    await prune(store.database.writer, NOW, never);

    expect(await column(store.database, "operations", "key")).toEqual(["old-rejected", "young-done"]);
  });

  test("the journal after 400 days, a finished request after 30", async () => {
    await using store = await open();
    const { writer } = store.database;
    await journal(store.database, "old", 401);
    await journal(store.database, "young", 399);
    const done = await addRequest(writer, "sync", {}, daysAgo(31));
    await finishRequest(writer, done, "done", null, daysAgo(31));
    await addRequest(writer, "approve", {}, daysAgo(31));

    await prune(writer, NOW, never);

    expect(await column(store.database, "journal", "subject")).toEqual(["young"]);
    expect(await column(store.database, "requests", "command")).toEqual(["approve"]);
  });

  test("more rows than one statement deletes all go", async () => {
    await using store = await open();
    const entry = { organization: ORGANIZATION, subject: "old", operation: null, step: "sent", data: {} };
    await appendJournal(
      store.database.writer,
      Array.from({ length: 4_500 }, () => entry),
      daysAgo(401),
    );

    await prune(store.database.writer, NOW, never);

    expect(await column(store.database, "journal", "id")).toEqual([]);
  });

  test("the number of a forgotten operation is never given to another, so an old note approves nothing new", async () => {
    await using store = await open();
    await operation(store.database, "old", 91, "done", null);
    const [before] = await column(store.database, "operations", "id");

    await prune(store.database.writer, NOW, never);
    await operation(store.database, "new", 0, "held", 1);

    expect(await column(store.database, "operations", "id")).not.toContain(before);
  });
});
