import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApp, type App } from "../../app.ts";
import { checkSecrets } from "../../config/secrets/check.ts";
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { copyStore, openDatabase } from "../../store/database.ts";
import { listNotices, type NoticeRow } from "../../store/notices.ts";
import { listOpen, type OperationRow } from "../../store/operations.ts";
import { setStarted } from "../../store/state.ts";
import { chooseConnections } from "../choose.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { exitCodeOfCode } from "../errors.ts";
import { forecast, type Forecast } from "./forecast.ts";
import { openLog } from "../../app/log.ts";
import { planLines } from "./plan-lines.ts";
import { showProgress } from "../terminal/progress.ts";
import { refuseProblems } from "../../config/secrets/refuse.ts";
import { aborted } from "../wait.ts";

/** What would happen for one connection, were it let go now. */
export interface PlannedConnection {
  connection: string;
  organization: string;
  /** Why the plan is not complete, or null. */
  failure: { code: string; message: string } | null;
  operations: OperationRow[];
  notices: NoticeRow[];
  forecast: Forecast;
}

/** Reads everything and says what would be done. Works on a copy of the store; writes nothing, neither here nor there. */
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
  const options = { command: "bwbridge plan", log: openLog(config, "none"), metrics: createMetrics() };
  const app = stack.use(await openApp(config, { ...options, sqlite: copy, planOnly: true }));
  stack.use(showProgress(call, chosen, app.database));
  const planned = await Promise.race([planAll(app, chosen, call.words[0] ?? null), aborted(call.signal)]);
  if (planned === "aborted") return EXIT.failed;
  if (call.json) call.terminal.print(JSON.stringify({ connections: planned }));
  else for (const line of planned.flatMap(planLines)) call.terminal.print(line);
  const failed = planned.find(({ failure }) => failure !== null);
  return failed?.failure ? exitCodeOfCode(failed.failure.code) : EXIT.done;
}

async function copyIfThere(config: Config, target: string): Promise<void> {
  if (!existsSync(config.store.sqlite)) return;
  await using database = openDatabase(config.store.sqlite);
  await copyStore(database, target);
}

async function planAll(app: App, chosen: ConnectionConfig[], name: string | null): Promise<PlannedConnection[]> {
  // In the copy only: a stopped connection can be planned too.
  for (const connection of chosen) await setStarted(app.database.writer, connection.name, true);
  await app.start({ clock: false });
  const reports = await app.sync(name, true);
  const planned: PlannedConnection[] = [];
  for (const { connection, organization, failure } of reports) {
    const owner = { organization, connection };
    const operations = await listOpen(app.database.reader, owner);
    const pace = app.config.organizations.find((one) => one.name === organization)?.bitwarden.pace ?? "open";
    const notices = await listNotices(app.database.reader, owner);
    planned.push({ ...owner, failure, operations, notices, forecast: forecast(operations, pace) });
  }
  return planned;
}
