import { z } from "zod";
import { BridgeError, toBridgeError } from "../domain/errors.ts";
import { transaction, type Database } from "../store/database.ts";
import { approve, reject } from "../store/held.ts";
import { appendJournal } from "../store/journal.ts";
import type { OperationRow } from "../store/operations.ts";
import { finishRequest, openRequests, takeRequest, type RequestRow } from "../store/requests.ts";
import { approveFirstRun, connectionRow, setStarted } from "../store/state.ts";
import type { Connection } from "../sync/connection.ts";
import { hintAll } from "../sync/read/poll.ts";

/** Up to so many approved subjects are read one by one; above it a snapshot is cheaper. */
const SINGLE_READS_MAX = 20;

/** What a command may ask of the process that owns the store. */
export const requestSchema = z.discriminatedUnion("command", [
  z.object({ command: z.literal("sync"), connection: z.string().nullable(), full: z.boolean() }),
  z.object({ command: z.literal("start"), connections: z.array(z.string()) }),
  z.object({ command: z.literal("stop"), connections: z.array(z.string()) }),
  z.object({ command: z.literal("approve"), ids: z.union([z.array(z.int()), z.literal("all")]), by: z.string() }),
  z.object({ command: z.literal("reject"), ids: z.union([z.array(z.int()), z.literal("all")]), by: z.string() }),
]);

export type BridgeRequest = z.infer<typeof requestSchema>;

/** How requests are carried out; `sync` belongs to whoever can wait for the loops. */
export interface RequestContext {
  database: Database;
  connections: Connection[];
  sync(connection: string | null, full: boolean): Promise<unknown>;
}

/** Carries out every open request, or only the one named; its answer is written to its row. */
export async function serveRequests(context: RequestContext, only?: number): Promise<void> {
  for (const row of await openRequests(context.database.reader, only)) {
    await takeRequest(context.database.writer, row.id);
    try {
      const result = await serve(context, parse(row));
      await finishRequest(context.database.writer, row.id, "done", result, Date.now());
    } catch (thrown) {
      const { code, message, remedy } = toBridgeError(thrown);
      await finishRequest(context.database.writer, row.id, "failed", { code, message, remedy }, Date.now());
    }
  }
}

function parse(row: RequestRow): BridgeRequest {
  const args: unknown = JSON.parse(row.args);
  const parsed = requestSchema.safeParse(args);
  if (parsed.success) return parsed.data;
  throw new BridgeError({
    code: "USAGE",
    side: "bridge",
    message: `the request "${row.command}" is not understood`,
    remedy: "Use the same version of the command line and of the service.",
    retry: "never",
  });
}

async function serve(context: RequestContext, request: BridgeRequest): Promise<unknown> {
  switch (request.command) {
    case "sync":
      return context.sync(request.connection, request.full);
    case "start":
    case "stop":
      for (const name of request.connections)
        await setStarted(context.database.writer, name, request.command === "start");
      for (const connection of context.connections) {
        connection.ringDirectory();
        connection.ringOrganization();
      }
      return { connections: request.connections };
    case "approve":
      return forAll(context, (connection) => approveHeld(connection, request.ids, request.by));
    case "reject":
      return forAll(context, (connection) => rejectHeld(connection, request.ids, request.by));
  }
}

async function forAll(
  context: RequestContext,
  work: (connection: Connection) => Promise<number>,
): Promise<{ operations: number }> {
  let operations = 0;
  for (const connection of context.connections) operations += await work(connection);
  return { operations };
}

/** Approves, and asks for the fresh read that lets the approved operations go. */
async function approveHeld(connection: Connection, ids: number[] | "all", by: string): Promise<number> {
  const { owner, database } = connection;
  const now = Date.now();
  const rows = await transaction(database, async (trx) => {
    const approved = await approve(trx, owner, ids, by, now);
    // A plan that nobody has made yet cannot be approved: whole plans leave the scope they were made for.
    const isPlanned = (await connectionRow(trx, owner.connection))?.scope_hash !== null;
    if (ids === "all" && isPlanned) await approveFirstRun(trx, owner.organization, by, now);
    await journalDecision(trx, connection, approved, "approved", by);
    return approved;
  });
  const subjects = new Map(rows.map((row) => [`${row.kind}/${row.key}`, row]));
  if (ids === "all" || subjects.size > SINGLE_READS_MAX) {
    await hintAll(connection);
  } else {
    const hints = [...subjects.values()].map(({ kind, key }) => ({
      subject: { connection: owner.connection, kind, key },
      via: null,
      urgent: true,
    }));
    await connection.hints.add(hints, now);
    connection.ringDirectory();
  }
  return rows.length;
}

async function rejectHeld(connection: Connection, ids: number[] | "all", by: string): Promise<number> {
  return transaction(connection.database, async (trx) => {
    const rows = await reject(trx, connection.owner, ids, by, Date.now());
    await journalDecision(trx, connection, rows, "rejected", by);
    return rows.length;
  });
}

async function journalDecision(
  trx: Parameters<typeof appendJournal>[0],
  connection: Connection,
  rows: OperationRow[],
  step: string,
  by: string,
): Promise<void> {
  const { organization, connection: name } = connection.owner;
  const entries = rows.map((row) => ({
    organization,
    subject: `${name}/${row.kind}/${row.key}`,
    operation: row.id,
    step,
    data: { type: row.type, label: row.label, by, hold: row.hold },
  }));
  await appendJournal(trx, entries, Date.now());
}
