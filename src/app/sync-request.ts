import { setTimeout } from "node:timers/promises";
import { BridgeError, toBridgeError } from "../domain/errors.ts";
import { BROKEN } from "../domain/notices.ts";
import type { Queue } from "../queue/queue.ts";
import type { Inbox } from "../store/hints/inbox.ts";
import { blockedHints, freshHints } from "../store/hints/hint-depth.ts";
import { retryHintsNow } from "../store/hints/hint-waits.ts";
import { countOpen, countSince, retryNow, type StateCount } from "../store/operations/operations.ts";
import { noticesWith, type NoticeRow } from "../store/ledger/notices.ts";
import { lastRun, type RunRow } from "../store/runs.ts";
import { connectionRow, directoryErrors, organizationRow, type DirectoryWork } from "../store/state.ts";
import { stillActive, type StillActive } from "../store/ledger/still-active.ts";
import type { Connection } from "../sync/connection.ts";
import type { Organization } from "../sync/organization.ts";
import { hintAll, poll } from "../sync/read/poll.ts";

/** How often it is looked whether hints still wait for company. */
const SETTLE_MS = 25;
/** So many subjects that cannot be read are named; `status` names all. */
const NAMED = 3;

interface Failure {
  code: string;
  message: string;
}

/** What one `sync` read of one connection. */
export interface ConnectionReport {
  connection: string;
  organization: string;
  full: boolean;
  /** Stopped by an administrator: hints are kept, nothing was read or written. */
  stopped: boolean;
  /** What kept the directory from being read, or null. */
  failure: Failure | null;
  /** What the snapshot counted; null when only changes were asked for. */
  read: unknown;
}

/** What one `sync` did for one organization. */
export interface OrganizationReport {
  organization: string;
  mode: "sync" | "observe";
  /** What kept Bitwarden from being asked or written to, or null. */
  failure: Failure | null;
  /** Operations touched by this run, by type and state. */
  operations: StateCount[];
  /** Operations that are not finished, whenever they were planned. */
  open: StateCount[];
  /** Whom the directory let go and who still has access. */
  stillActive: StillActive[];
  /** What a person must put right in Bitwarden before it can work as it should. */
  broken: NoticeRow[];
}

export interface SyncReport {
  connections: ConnectionReport[];
  organizations: OrganizationReport[];
}

export interface SyncParts {
  connections: readonly Connection[];
  organizations: readonly Organization[];
  queue: Queue;
  inbox: Inbox;
  signal: AbortSignal;
}

/**
 * Reads what changed (or everything, when asked for or never done yet), and waits until nothing is
 * left to do now. Held operations and retries that are due later do not keep it waiting.
 */
export async function runSync(parts: SyncParts, name: string | null, full: boolean): Promise<SyncReport> {
  const chosen = parts.connections.filter((connection) => name === null || connection.owner.connection === name);
  if (chosen.length === 0) throw unknownConnection(name ?? "", parts.connections);
  const fed = parts.organizations.filter((one) => chosen.some(({ owner }) => owner.organization === one.name));
  const startedAt = Date.now();
  // Whoever types `sync` has often just removed the cause of a failure.
  for (const organization of fed) {
    organization.bitwarden.forgetRefusal();
    await retryNow(organization.database.writer, organization.name);
  }
  const connections = await Promise.all(chosen.map((connection) => readOne(parts, connection, startedAt, full)));
  const organizations = await Promise.all(fed.map((organization) => reportOn(parts, organization, startedAt)));
  return { connections, organizations };
}

async function readOne(
  parts: SyncParts,
  connection: Connection,
  startedAt: number,
  full: boolean,
): Promise<ConnectionReport> {
  const { owner, database } = connection;
  const never = (await lastRun(database.reader, owner.connection, "snapshot", "ok")) === null;
  const everything = full || never;
  await retryHintsNow(database.writer, owner.connection, Date.now());
  connection.outage.ended();
  if (everything) await hintAll(connection);
  else await pollOne(connection, parts);
  connection.ringOrganization();
  await settle(parts, connection, startedAt);
  const run = await lastRun(database.reader, owner.connection, "snapshot");
  const fresh = run !== null && run.started_at >= startedAt ? run : null;
  const row = await connectionRow(database.reader, owner.connection);
  const counts: unknown = fresh?.counts === null || fresh === null ? null : JSON.parse(fresh.counts);
  return {
    connection: owner.connection,
    organization: owner.organization,
    full: everything,
    stopped: row?.started === 0,
    failure: (await directoryFailure(connection, startedAt)) ?? failureOf(fresh) ?? (await unreadable(connection)),
    read: counts,
  };
}

/** What fails is the connection's state, and so in its report: the others of the same `sync` go on. */
async function pollOne(connection: Connection, { inbox, signal }: SyncParts): Promise<void> {
  try {
    await poll(connection, inbox, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(thrown);
    if (error.side !== "directory") throw error;
  }
}

async function reportOn(
  { queue }: SyncParts,
  { name, mode, database }: Organization,
  startedAt: number,
): Promise<OrganizationReport> {
  await queue.idle?.();
  const { reader } = database;
  return {
    organization: name,
    mode,
    failure: failureSince(await organizationRow(reader, name), startedAt),
    operations: await countSince(reader, name, startedAt),
    open: await countOpen(reader, name),
    stillActive: await stillActive(reader, name),
    broken: await noticesWith(reader, name, BROKEN),
  };
}

/** Waits until the queue is idle and no hint waits for company any more; failures wait for nobody. */
async function settle({ queue, signal }: SyncParts, connection: Connection, startedAt: number): Promise<void> {
  const { owner, database } = connection;
  for (;;) {
    await queue.idle?.();
    signal.throwIfAborted();
    const row = await connectionRow(database.reader, owner.connection);
    const organization = await organizationRow(database.reader, owner.organization);
    const fresh = await freshHints(database.reader, owner.connection, Date.now());
    const failed = failureSince(row, startedAt) ?? failureSince(organization, startedAt);
    if (fresh === 0 || row?.started !== 1 || failed !== null) return;
    await setTimeout(SETTLE_MS, undefined, { signal });
  }
}

function failureSince(
  row: { error: string | null; error_code: string | null; error_at: number | null } | null,
  since: number,
): Failure | null {
  if (row === null || row.error === null || (row.error_at ?? 0) < since) return null;
  return { code: row.error_code ?? "INTERNAL", message: row.error };
}

/** What says most about the whole comes first: the error of a single read may be younger. */
const TELLING: DirectoryWork[] = ["snapshot", "nominated", "poll", "reads"];

async function directoryFailure({ owner, database }: Connection, since: number): Promise<Failure | null> {
  const errors = await directoryErrors(database.reader, owner.connection);
  const found = TELLING.flatMap((work) => errors.filter((one) => one.work === work));
  return failureSince(found.find(({ error_at }) => error_at >= since) ?? null, since);
}

/** A snapshot that did not end well is a failure, whatever succeeded since. */
function failureOf(run: RunRow | null): Failure | null {
  if (run === null || run.result === "ok" || run.result === null) return null;
  return { code: "DIRECTORY_INCOMPLETE", message: run.result };
}

/** While somebody cannot be read nobody knows whether Bitwarden is in step. */
async function unreadable({ owner, database }: Connection): Promise<Failure | null> {
  const blocked = await blockedHints(database.reader, owner.connection);
  const [first] = blocked;
  if (first === undefined) return null;
  const names = blocked.slice(0, NAMED).map(({ kind, key }) => `${kind}/${key}`);
  const more = blocked.length > NAMED ? ` and ${String(blocked.length - NAMED)} more` : "";
  return { code: "DIRECTORY_INCOMPLETE", message: `cannot be read: ${names.join(", ")}${more}: ${first.error}` };
}

function unknownConnection(name: string, connections: readonly Connection[]): BridgeError {
  const names = connections.map((connection) => connection.owner.connection).join(", ");
  return new BridgeError({
    code: "USAGE",
    side: "configuration",
    message: name === "" ? "no connection is configured" : `there is no connection "${name}"`,
    remedy: names === "" ? "Add one to the configuration." : `Configured are: ${names}.`,
    retry: "never",
  });
}
