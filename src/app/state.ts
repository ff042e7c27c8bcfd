import type { Config } from "../config/parse.ts";
import { health, type ConnectionState, type HealthReport, type OrganizationState } from "../observe/health.ts";
import { BROKEN } from "../domain/notices.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Database } from "../store/database.ts";
import { blockedHints, hintDepth } from "../store/hints/hint-depth.ts";
import { lastReceivedAt } from "../store/hints/inbox.ts";
import { countOpen, retrying } from "../store/operations/operations.ts";
import { noticesWith } from "../store/ledger/notices.ts";
import { lastRun } from "../store/runs.ts";
import { connectionRow, organizationRow } from "../store/state.ts";
import { stillActive } from "../store/ledger/still-active.ts";

/** A daily reconciliation may be late by an hour before somebody should look. */
const DAY_AND_HOUR_MS = 25 * 60 * 60 * 1000;

/** Everything `/health`, `status` and the gauges say, read from rows: any process can ask. */
export async function readHealth(config: Config, database: Database): Promise<HealthReport> {
  const connections = await Promise.all(config.connections.map((connection) => connectionState(connection, database)));
  const organizations = await Promise.all(
    config.organizations.map((organization) =>
      organizationState(config, organization.name, organization.mode, database),
    ),
  );
  return health(Date.now(), connections, organizations);
}

/** Brings the gauges in step with the rows. */
export async function refreshGauges(config: Config, database: Database, metrics: Metrics): Promise<void> {
  const report = await readHealth(config, database);
  for (const state of report.connections) {
    const oldest = state.oldestWaitingAtMs === null ? 0 : (Date.now() - state.oldestWaitingAtMs) / 1000;
    metrics.queueState(state.name, state.waiting, oldest);
    if (state.lastReconciliationAtMs !== null) metrics.reconciled(state.name, state.lastReconciliationAtMs);
  }
  for (const state of report.organizations) {
    metrics.heldOperations(state.name, state.held);
    metrics.stillActive(state.name, state.stillActive.length);
  }
}

async function connectionState(
  connection: Config["connections"][number],
  { reader }: Database,
): Promise<ConnectionState> {
  const { name, organization } = connection;
  const [row, depth, blocked, polled, reconciled, lastHookAtMs] = await Promise.all([
    connectionRow(reader, name),
    hintDepth(reader, name),
    blockedHints(reader, name),
    lastRun(reader, name, "poll"),
    lastRun(reader, name, "snapshot", "ok"),
    lastReceivedAt(reader, name),
  ]);
  return {
    name,
    organization,
    started: row === null || row.started === 1,
    lastHookAtMs,
    lastPollAtMs: polled?.started_at ?? null,
    lastReconciliationAtMs: reconciled?.finished_at ?? null,
    reconcileWithinMs: DAY_AND_HOUR_MS,
    waiting: depth.waiting,
    oldestWaitingAtMs: depth.oldestAt,
    blocked: blocked.length,
    error: row?.error ?? null,
  };
}

async function organizationState(
  config: Config,
  name: string,
  mode: "sync" | "observe",
  { reader }: Database,
): Promise<OrganizationState> {
  const row = await organizationRow(reader, name);
  const counts = await countOpen(reader, name);
  const of = (...states: string[]): number =>
    counts.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0);
  const again = await retrying(reader, name);
  const retried = again.error === null ? null : `${String(again.count)} operations are tried again: ${again.error}`;
  const firstRun = config.organizations.find((one) => one.name === name)?.firstRun;
  const isFed = config.connections.some(({ organization }) => organization === name);
  const unfed = isFed ? null : "no connection of the configuration feeds it: nobody is added or taken away";
  return {
    name,
    mode,
    firstRunApproved: row.first_run_approved_at !== null || firstRun === "apply",
    held: of("held"),
    failed: of("failed"),
    rejected: of("rejected"),
    toSend: of("ready", "waiting", "sending", "confirming"),
    stillActive: await stillActive(reader, name),
    broken: (await noticesWith(reader, name, BROKEN)).map(({ text }) => text),
    error: row.error ?? retried ?? unfed,
  };
}
