import { setTimeout } from "node:timers/promises";
import { BridgeError } from "../domain/errors.ts";
import type { Queue } from "../queue/queue.ts";
import type { Inbox } from "../store/inbox.ts";
import { blockedHints, freshHints } from "../store/hint-depth.ts";
import { retryHintsNow } from "../store/hint-waits.ts";
import { countSince, retryNow, type StateCount } from "../store/operations.ts";
import { lastRun, type RunRow } from "../store/runs.ts";
import { connectionRow, type ConnectionRow } from "../store/state.ts";
import type { Connection } from "../sync/connection.ts";
import { hintAll, poll } from "../sync/read/poll.ts";

/** How often it is looked whether hints still wait for company. */
const SETTLE_MS = 25;
/** So many subjects that cannot be read are named; `status` names all. */
const NAMED = 3;

/** What one `sync` did for one connection. */
export interface SyncReport {
  connection: string;
  organization: string;
  mode: "sync" | "observe";
  full: boolean;
  /** Stopped by an administrator: hints are kept, nothing was read or written. */
  stopped: boolean;
  /** What kept the connection as a whole from its work, or null. */
  failure: { code: string; message: string } | null;
  /** What the snapshot counted; null when only changes were asked for. */
  read: unknown;
  /** Operations touched by this run, by type and state. */
  operations: StateCount[];
}

export interface SyncParts {
  connections: Connection[];
  queue: Queue;
  inbox: Inbox;
  signal: AbortSignal;
}

/**
 * Reads what changed (or everything, when asked for or never done yet), and waits until nothing is
 * left to do now. Held operations and retries that are due later do not keep it waiting.
 */
export async function runSync(parts: SyncParts, name: string | null, full: boolean): Promise<SyncReport[]> {
  const chosen = parts.connections.filter((connection) => name === null || connection.owner.connection === name);
  if (chosen.length === 0) throw unknownConnection(name ?? "", parts.connections);
  return Promise.all(chosen.map((connection) => syncOne(parts, connection, full)));
}

async function syncOne(parts: SyncParts, connection: Connection, full: boolean): Promise<SyncReport> {
  const { owner, database } = connection;
  const startedAt = Date.now();
  const never = (await lastRun(database.reader, owner.connection, "snapshot", "ok")) === null;
  const everything = full || never;
  // Whoever types `sync` has often just removed the cause of a failure.
  await retryNow(database.writer, owner);
  await retryHintsNow(database.writer, owner.connection, Date.now());
  connection.outage.ended();
  if (everything) await hintAll(connection);
  else await poll(connection, parts.inbox, parts.signal);
  connection.ringOrganization();
  await settle(parts, connection, startedAt);
  const run = await lastRun(database.reader, owner.connection, "snapshot");
  const fresh = run !== null && run.started_at >= startedAt ? run : null;
  const row = await connectionRow(database.reader, owner.connection);
  const counts: unknown = fresh?.counts === null || fresh === null ? null : JSON.parse(fresh.counts);
  return {
    connection: owner.connection,
    organization: owner.organization,
    mode: connection.mode,
    full: everything,
    stopped: row?.started === 0,
    failure: failureSince(row, startedAt) ?? failureOf(fresh) ?? (await unreadable(connection)),
    read: counts,
    operations: await countSince(database.reader, owner, startedAt),
  };
}

/** Waits until the queue is idle and no hint waits for company any more; failures wait for nobody. */
async function settle({ queue, signal }: SyncParts, connection: Connection, startedAt: number): Promise<void> {
  const { owner, database } = connection;
  for (;;) {
    await queue.idle?.();
    signal.throwIfAborted();
    const row = await connectionRow(database.reader, owner.connection);
    const fresh = await freshHints(database.reader, owner.connection, Date.now());
    if (fresh === 0 || row?.started !== 1 || failureSince(row, startedAt) !== null) return;
    await setTimeout(SETTLE_MS, undefined, { signal });
  }
}

function failureSince(row: ConnectionRow | null, since: number): SyncReport["failure"] {
  if (row === null || row.error === null || (row.error_at ?? 0) < since) return null;
  return { code: row.error_code ?? "INTERNAL", message: row.error };
}

/** A snapshot that did not end well is a failure, whatever succeeded since. */
function failureOf(run: RunRow | null): SyncReport["failure"] {
  if (run === null || run.result === "ok" || run.result === null) return null;
  return { code: "DIRECTORY_INCOMPLETE", message: run.result };
}

/** While somebody cannot be read nobody knows whether Bitwarden is in step. */
async function unreadable({ owner, database }: Connection): Promise<SyncReport["failure"]> {
  const blocked = await blockedHints(database.reader, owner.connection);
  const [first] = blocked;
  if (first === undefined) return null;
  const names = blocked.slice(0, NAMED).map(({ kind, key }) => `${kind}/${key}`);
  const more = blocked.length > NAMED ? ` and ${String(blocked.length - NAMED)} more` : "";
  return { code: "DIRECTORY_INCOMPLETE", message: `cannot be read: ${names.join(", ")}${more}: ${first.error}` };
}

function unknownConnection(name: string, connections: Connection[]): BridgeError {
  const names = connections.map((connection) => connection.owner.connection).join(", ");
  return new BridgeError({
    code: "USAGE",
    side: "configuration",
    message: name === "" ? "no connection is configured" : `there is no connection "${name}"`,
    remedy: names === "" ? "Add one to the configuration." : `Configured are: ${names}.`,
    retry: "never",
  });
}
