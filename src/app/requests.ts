import { z } from "zod";
import { toFailure } from "./failure.ts";
import { BridgeError } from "../domain/errors.ts";
import { takesAway } from "../domain/operation.ts";
import { claimsByPerson } from "../domain/plan/relies.ts";
import { subjectName, unqualified, type Subject } from "../domain/subject.ts";
import { transaction, type Database, type Sql } from "../store/database.ts";
import { approve, reject } from "../store/operations/held.ts";
import { loadJoined } from "../store/ledger/joined.ts";
import { appendJournal } from "../store/journal.ts";
import type { OperationRow } from "../store/operations/operations.ts";
import { finishRequest, openRequests, takeRequest, type RequestRow } from "../store/requests.ts";
import { approveFirstRun, connectionRow, organizationRow, setStarted } from "../store/state.ts";
import type { Connection } from "../sync/connection.ts";
import { subjectsBehind } from "../sync/deliver/justified.ts";
import type { Organization } from "../sync/organization.ts";
import { hintAll } from "../sync/read/poll.ts";

/** Up to so many approved subjects are read one by one; above it a snapshot is cheaper for those who lose nothing. */
const SINGLE_READS_MAX = 20;
/** What nobody has taken for so long is not what the administrator wants any more. */
const EXPIRES_MS = 60 * 60 * 1000;

const decision = {
  /** Exactly those that were shown. */
  ids: z.array(z.int()),
  by: z.string(),
};

/** What a command may ask of the process that owns the store. */
export const requestSchema = z.discriminatedUnion("command", [
  z.object({ command: z.literal("sync"), connection: z.string().nullable(), full: z.boolean() }),
  z.object({ command: z.literal("start"), connections: z.array(z.string()) }),
  z.object({ command: z.literal("stop"), connections: z.array(z.string()) }),
  /** `plans`: the organizations whose whole first plan was shown and is approved with it. */
  z.object({ command: z.literal("approve"), ...decision, plans: z.array(z.string()) }),
  z.object({ command: z.literal("reject"), ...decision }),
]);

export type BridgeRequest = z.infer<typeof requestSchema>;

/** How requests are carried out; `sync` belongs to whoever can wait for the loops. */
export interface RequestContext {
  database: Database;
  connections: readonly Connection[];
  organizations: readonly Organization[];
  sync(connection: string | null, full: boolean): Promise<unknown>;
}

/** Which requests one round takes: a `sync` lasts as long as it lasts, and nobody else waits for it. */
export type Lane = "sync" | "decisions";

/** Carries out the open requests of one lane, or only the one named; each answer is written to its row. */
export async function serveRequests(context: RequestContext, which: { lane: Lane } | { only: number }): Promise<void> {
  const rows = await openRequests(context.database.reader, "only" in which ? which.only : undefined);
  const mine = rows.filter((row) => "only" in which || (row.command === "sync") === (which.lane === "sync"));
  for (const row of mine) {
    await takeRequest(context.database.writer, row.id);
    try {
      const result = await serve(context, parse(row));
      await finishRequest(context.database.writer, row.id, "done", result, Date.now());
    } catch (thrown) {
      await finishRequest(context.database.writer, row.id, "failed", toFailure(thrown), Date.now());
    }
  }
}

function parse(row: RequestRow): BridgeRequest {
  const args: unknown = JSON.parse(row.args);
  const parsed = requestSchema.safeParse(args);
  if (!parsed.success) {
    throw usage(
      `the request "${row.command}" is not understood`,
      "Use the same version of the command line and of the service.",
    );
  }
  if (row.state === "open" && Date.now() - row.created_at > EXPIRES_MS) {
    throw usage(`the request "${row.command}" waited for more than an hour and is not carried out`, "Ask again.");
  }
  return parsed.data;
}

function usage(message: string, remedy: string): BridgeError {
  return new BridgeError({ code: "USAGE", side: "bridge", message, remedy, retry: "never" });
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
      return inAll(context, (organization) =>
        approveHeld(context, organization, request.ids, request.by, request.plans.includes(organization.name)),
      );
    case "reject":
      return inAll(context, (organization) => rejectHeld(organization, request.ids, request.by));
  }
}

interface Decided {
  operations: number;
  /** The first plan was approved with it. */
  firstPlan: boolean;
  /** Connections that were never read whole: while there are any, the first plan cannot be approved. */
  unread: string[];
}

/** `plans`: the organizations whose first plan was approved. */
async function inAll(
  { organizations }: RequestContext,
  decide: (organization: Organization) => Promise<Decided>,
): Promise<{ operations: number; plans: string[]; unread: string[] }> {
  let operations = 0;
  const plans: string[] = [];
  const unread: string[] = [];
  for (const organization of organizations) {
    const decided = await decide(organization);
    operations += decided.operations;
    if (decided.firstPlan) plans.push(organization.name);
    unread.push(...decided.unread);
  }
  return { operations, plans, unread };
}

/** Approves, and asks for the fresh read that lets the approved operations go. */
async function approveHeld(
  context: RequestContext,
  organization: Organization,
  ids: number[],
  by: string,
  wholePlan: boolean,
): Promise<Decided> {
  const { name, database, sources } = organization;
  const now = Date.now();
  const { rows, firstPlan, unread } = await transaction(database, async (trx) => {
    const approved = await approve(trx, name, ids, by, now);
    // What nobody has planned yet cannot be approved: whole plans leave the scope they were made for.
    const unread = wholePlan ? await neverDecided(trx, organization) : [];
    const firstPlan = wholePlan && unread.length === 0 && (await approveFirstRun(trx, name, by, now));
    await journalDecision(trx, name, approved, "approved", by);
    return { rows: approved, firstPlan, unread };
  });
  const claimsOf = claimsByPerson(await loadJoined(database.reader, name, new Set(rows.map(({ key }) => key))));
  const removals = rows.filter(({ type }) => takesAway(type));
  const giving = rows.filter(({ type }) => !takesAway(type));
  const few = subjectsOf(giving, claimsOf);
  const single = wholePlan || few.length > SINGLE_READS_MAX ? [] : few;
  const behind = await subjectsBehind(organization, removals);
  const subjects = [...behind, ...single.filter(({ connection }) => sources.has(connection))];
  await organization.hints.add(
    subjects.map((subject) => ({ subject, via: null, urgent: true })),
    now,
  );
  for (const connection of context.connections.filter(({ owner }) => owner.organization === name)) {
    if (wholePlan || single.length < few.length) await hintAll(connection);
    connection.ringDirectory();
  }
  return { operations: rows.length, firstPlan, unread };
}

/** Connections that the first plan does not cover yet; none once it has been approved. */
async function neverDecided(trx: Sql, { name, sources }: Organization): Promise<string[]> {
  if ((await organizationRow(trx, name)).first_run_approved_at !== null) return [];
  const rows = await Promise.all([...sources.keys()].map((source) => connectionRow(trx, source)));
  return rows.flatMap((row) => (row?.scope_hash === null ? row.name : []));
}

/** Whoever has to be read again: the claims of people, or the group itself. */
function subjectsOf(rows: OperationRow[], claimsOf: (person: string) => string[]): Subject[] {
  const subjects = new Map<string, Subject>();
  for (const { kind, key } of rows) {
    for (const name of kind === "group" ? [key] : claimsOf(key)) {
      subjects.set(`${kind}/${name}`, { kind, ...unqualified(name) });
    }
  }
  return [...subjects.values()];
}

async function rejectHeld({ name, database }: Organization, ids: number[], by: string): Promise<Decided> {
  return transaction(database, async (trx) => {
    const rows = await reject(trx, name, ids, by, Date.now());
    await journalDecision(trx, name, rows, "rejected", by);
    return { operations: rows.length, firstPlan: false, unread: [] };
  });
}

async function journalDecision(
  trx: Parameters<typeof appendJournal>[0],
  organization: string,
  rows: OperationRow[],
  step: string,
  by: string,
): Promise<void> {
  const entries = rows.map((row) => ({
    organization,
    subject: subjectName({ kind: row.kind, ...unqualified(row.key) }),
    operation: row.id,
    step,
    data: { type: row.type, label: row.label, by, hold: row.hold },
  }));
  await appendJournal(trx, entries, Date.now());
}
