import { styleText } from "node:util";
import { readHealth } from "../../app/state.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import type { HealthReport } from "../../observe/health.ts";
import type { Database } from "../../store/database.ts";
import { listTroubled } from "../../store/operations/held.ts";
import { blockedHints, type BlockedHint } from "../../store/hints/hint-depth.ts";
import { storeHolder } from "../../store/lock.ts";
import { listNotices, type NoticeRow } from "../../store/ledger/notices.ts";
import { countOpen, type OperationRow, type StateCount } from "../../store/operations/operations.ts";
import { lastRun, type RunRow } from "../../store/runs.ts";
import { stillActive, type StillActive } from "../../store/ledger/still-active.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { answer } from "../terminal/answer.ts";
import { ago, columns, count, operationsText } from "../terminal/words.ts";

/** What is known of one organization beyond its health. */
interface OrganizationDetails {
  organization: string;
  operations: StateCount[];
  troubled: OperationRow[];
  stillActive: StillActive[];
  notices: NoticeRow[];
}

/** What is known of one connection beyond its health. */
interface ConnectionDetails {
  connection: string;
  blocked: BlockedHint[];
  lastSnapshot: RunRow | null;
}

interface Status {
  /** The process that owns the store, in words; null: none. */
  service: string | null;
  health: HealthReport;
  organizations: OrganizationDetails[];
  connections: ConnectionDetails[];
}

/** Says how the bridge is, from rows alone: it works with and without a service. */
export async function status(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  await using database = await openBeside(config);
  const now = await readStatus(config, database);
  answer(call, now, () => statusLines(now, call.terminal.color));
  return EXIT.done;
}

async function readStatus(config: Config, database: Database): Promise<Status> {
  const { reader } = database;
  const organizations: OrganizationDetails[] = [];
  for (const { name } of config.organizations) {
    organizations.push({
      organization: name,
      operations: await countOpen(reader, name),
      troubled: await listTroubled(reader, name),
      stillActive: await stillActive(reader, name),
      notices: await listNotices(reader, name),
    });
  }
  const connections: ConnectionDetails[] = [];
  for (const { name } of config.connections) {
    connections.push({
      connection: name,
      blocked: await blockedHints(reader, name),
      lastSnapshot: await lastRun(reader, name, "snapshot"),
    });
  }
  const service = await storeHolder(config.store.sqlite);
  return { service, health: await readHealth(config, database), organizations, connections };
}

const MOST_EXAMPLES = 5;

/** The state of everything for people, worst first. */
function statusLines({ service, health, organizations, connections }: Status, color: boolean): string[] {
  return [
    `State: ${stateText(health.state, color)}`,
    ...health.because.map((reason) => `  ${reason}`),
    `Service: ${service ?? "not running: start `bwbridge serve`"}`,
    "",
    "Organizations",
    ...columns(health.organizations.map((one) => [`  ${one.name}`, organizationText(one)])),
    "",
    "Connections",
    ...health.connections.flatMap((one) => connectionLines(one)),
    ...organizations.flatMap(organizationLines),
    ...connections.flatMap(blockedLines),
  ];
}

function stateText(state: HealthReport["state"], color: boolean): string {
  const style = { well: "green", degraded: "red", held: "yellow" } as const;
  return color ? styleText(style[state], state, { validateStream: false }) : state;
}

function organizationText(one: HealthReport["organizations"][number]): string {
  if (one.mode === "observe") return "observed only, nothing is written";
  const open = [
    [one.toSend, "on their way"],
    [one.held, "held"],
    [one.rejected, "rejected"],
    [one.failed, "failed"],
  ] as const;
  const words = open.filter(([number]) => number > 0).map(([number, what]) => `${String(number)} ${what}`);
  const first = one.firstRunApproved ? "" : "; the first plan waits for approval";
  const isInStep = words.length === 0 && one.stillActive.length === 0 && one.error === null && first === "";
  return isInStep ? "nothing left to do" : `operations: ${words.join(", ") || "none open"}${first}`;
}

function connectionLines(one: HealthReport["connections"][number]): string[] {
  return [
    `  ${one.name} → ${one.organization}: ${one.started ? "started" : "stopped"}`,
    `    last complete read ${ago(one.lastReconciliationAtMs)}, last poll ${ago(one.lastPollAtMs)}, last event ${ago(one.lastHookAtMs)}`,
    `    ${count(one.waiting, "subject")} waiting`,
  ];
}

function organizationLines(details: OrganizationDetails): string[] {
  const { organization, operations, troubled, notices } = details;
  const open = Map.groupBy(operations, ({ state }) => state);
  return [
    ...section(
      `Open operations of ${organization}`,
      [...open].map(([state, rows]) => `${state}: ${operationsText(rows)}`),
    ),
    ...section(
      `Operations of ${organization} with a problem`,
      examples(troubled, (row) => `${String(row.id)} ${row.type} ${row.label} (${row.state}): ${row.error ?? ""}`),
    ),
    ...section(
      `The directory let go, and ${organization} still gives access`,
      examples(details.stillActive, (one) => `${one.label} (${one.why}): ${one.text}`),
    ),
    ...section(`Notices of ${organization}: for you to decide, the bridge changes nothing here`, noticeLines(notices)),
  ];
}

function blockedLines({ connection, blocked }: ConnectionDetails): string[] {
  return section(
    `Subjects of ${connection} that cannot be read`,
    examples(blocked, (hint) => `${hint.kind}/${hint.key}: ${hint.error} (${count(hint.attempts, "attempt")})`),
  );
}

function noticeLines(notices: NoticeRow[]): string[] {
  return [...Map.groupBy(notices, ({ code }) => code)].flatMap(([code, rows]) => [
    `${code} (${String(rows.length)})`,
    ...examples(rows, (row) => `  ${row.label}: ${row.text}`),
  ]);
}

function examples<Row>(rows: readonly Row[], line: (row: Row) => string): string[] {
  const more = rows.length - MOST_EXAMPLES;
  return [
    ...rows.slice(0, MOST_EXAMPLES).map(line),
    ...(more > 0 ? [`  … and ${String(more)} more (--json lists all)`] : []),
  ];
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
