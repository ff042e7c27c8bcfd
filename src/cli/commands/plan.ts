import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApp, type App } from "../../app.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import type { Pace } from "../../config/schema/bitwarden.ts";
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import { checkSecrets, refuseProblems } from "../../config/secrets/check.ts";
import { STILL_ACTIVE } from "../../domain/notices.ts";
import type { OperationType } from "../../domain/operation.ts";
import { createLog } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { copyStore, openDatabase } from "../../store/database.ts";
import { listNotices, type NoticeRow } from "../../store/ledger/notices.ts";
import { listOpen, type OperationRow } from "../../store/operations/operations.ts";
import { setStarted } from "../../store/state.ts";
import { chooseConnections } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { exitCodeOfCode } from "../errors.ts";
import { answer } from "../terminal/answer.ts";
import { showProgress } from "../terminal/progress.ts";
import { columns, count, countTypes, holdText, operationsText } from "../terminal/words.ts";
import { aborted } from "../wait.ts";

/** What would happen in one organization, were it let go now. */
interface PlannedOrganization {
  organization: string;
  /** The connections that were read for it. */
  connections: string[];
  /** Why the plan is not complete, or null. */
  failure: { code: string; message: string } | null;
  operations: OperationRow[];
  notices: NoticeRow[];
  forecast: Forecast;
}

/** Reads everything and says what would be done. Works on a copy of the store: neither it nor Bitwarden is written to. */
export async function plan(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const chosen = chooseConnections(config, call.words[0]);
  refuseProblems(config.file, checkSecrets(config).problems);
  await using stack = new AsyncDisposableStack();
  // Only its owner can read it: it holds names and addresses.
  const folder = await mkdtemp(join(tmpdir(), "bwbridge-plan-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const copy = join(folder, "plan.db");
  await copyIfThere(config, copy);
  const options = { command: "bwbridge plan", log: createLog({ level: "silent" }), metrics: createMetrics() };
  const app = stack.use(await openApp(config, { ...options, sqlite: copy, planOnly: true }));
  stack.use(showProgress(call, chosen, app.database));
  const planned = await Promise.race([planAll(app, chosen, call.words[0] ?? null), aborted(call.signal)]);
  if (planned === "aborted") return EXIT.failed;
  answer(call, { organizations: planned }, () => planned.flatMap(planLines));
  const failed = planned.find(({ failure }) => failure !== null);
  return failed?.failure ? exitCodeOfCode(failed.failure.code) : EXIT.done;
}

async function copyIfThere(config: Config, target: string): Promise<void> {
  if (!existsSync(config.store.sqlite)) return;
  await using database = openDatabase(config.store.sqlite);
  await copyStore(database, target);
}

async function planAll(app: App, chosen: ConnectionConfig[], name: string | null): Promise<PlannedOrganization[]> {
  // In the copy only: a stopped connection can be planned too.
  for (const connection of chosen) await setStarted(app.database.writer, connection.name, true);
  await app.start({ clock: false });
  const report = await app.sync(name, true);
  const planned: PlannedOrganization[] = [];
  for (const { organization, failure } of report.organizations) {
    const feeding = report.connections.filter((one) => one.organization === organization);
    const unread = feeding.find((one) => one.failure !== null)?.failure ?? null;
    const operations = await listOpen(app.database.reader, organization);
    const pace = app.config.organizations.find((one) => one.name === organization)?.bitwarden.pace ?? "open";
    planned.push({
      organization,
      connections: feeding.map(({ connection }) => connection),
      failure: failure ?? unread,
      operations,
      notices: await listNotices(app.database.reader, organization),
      forecast: forecast(operations, pace),
    });
  }
  return planned;
}

/** What a plan costs. */
interface Forecast {
  /** Change of the seats in use: revoked members take none. */
  seats: number;
  /** Requests that change something in Bitwarden. */
  writes: number;
  /** At the configured pace; null: no limit is configured. */
  minutes: number | null;
}

const SEATS: Partial<Record<OperationType, number>> = {
  "member.invite": 1,
  "member.restore": 1,
  "member.revoke": -1,
  "member.remove": -1,
};

/** One import carries so many people, or so many new groups. */
const PEOPLE_PER_IMPORT = 1_000;
const GROUPS_PER_IMPORT = 200;

/** Estimates what sending these operations would take, held ones included. */
export function forecast(operations: readonly OperationRow[], pace: Pace | "open"): Forecast {
  const wanted = operations.filter(({ state }) => state !== "rejected");
  const of = (...types: OperationType[]): OperationRow[] => wanted.filter(({ type }) => types.includes(type));
  const changedGroups = new Set(of("membership.add", "membership.remove").map(({ object }) => object));
  const writes =
    of("member.revoke", "member.restore", "member.remove", "group.rename", "group.link", "group.delete").length +
    Math.ceil(of("member.invite", "member.link").length / PEOPLE_PER_IMPORT) +
    Math.ceil(of("group.create").length / GROUPS_PER_IMPORT) +
    changedGroups.size;
  const seats = wanted.reduce((sum, { type }) => sum + (SEATS[type] ?? 0), 0);
  return { seats, writes, minutes: minutesFor(writes, pace) };
}

function minutesFor(writes: number, pace: Pace | "open"): number | null {
  if (pace === "open") return null;
  const perMinute = Math.min(pace.writesPerMinute, pace.writesPerSecond * 60);
  return Number.isFinite(perMinute) ? Math.ceil(writes / perMinute) : null;
}

/** The plan of one organization for people: sums first, then every operation. */
function planLines(planned: PlannedOrganization): string[] {
  const { connections, organization, failure, operations, notices } = planned;
  const states = Map.groupBy(operations, ({ state }) => GROUPS[state]);
  const of = (group: Group): OperationRow[] => states.get(group) ?? [];
  const sums = [...states].map(([group, rows]) => [`  ${group}`, operationsText(countTypes(rows))]);
  const { seats, writes, minutes } = planned.forecast;
  return [
    `${connections.join(", ")} → ${organization}`,
    ...(failure === null ? [] : [`  The plan is not complete: ${failure.message}`]),
    ...columns(sums),
    ...(operations.length > 0
      ? [
          `  Seats: ${seats > 0 ? "+" : ""}${String(seats)}. About ${count(writes, "write")} to Bitwarden${minutes === null ? "" : `, ${count(minutes, "minute")} at the configured pace`}.`,
        ]
      : failure === null && !notices.some(({ code }) => STILL_ACTIVE.has(code))
        ? ["  nothing to do: Bitwarden is in step"]
        : []),
    ...list("Would be sent", of("would be sent")),
    ...list("Would be held for approval", of("would be held")),
    ...list("Rejected by a person", of("rejected")),
    ...list("Failed before", of("failed before")),
    ...(notices.length === 0 ? [] : ["", "Notices: for you to decide, the bridge changes nothing here"]),
    ...notices.map(({ code, label, text }) => `  ${code} ${label}: ${text}`),
    "",
  ];
}

type Group = "would be sent" | "would be held" | "rejected" | "failed before";

const GROUPS: Record<OperationRow["state"], Group> = {
  ready: "would be sent",
  waiting: "would be sent",
  sending: "would be sent",
  confirming: "would be sent",
  done: "would be sent",
  withdrawn: "would be sent",
  held: "would be held",
  rejected: "rejected",
  failed: "failed before",
};

function list(title: string, operations: OperationRow[]): string[] {
  if (operations.length === 0) return [];
  const rows = operations.map(({ type, label, reason, evidence, hold, error }) => [
    `  ${type}`,
    label,
    [reason, evidence, holdText(hold), error ?? ""].filter((word) => word !== "").join("; "),
  ]);
  return ["", title, ...columns(rows)];
}
