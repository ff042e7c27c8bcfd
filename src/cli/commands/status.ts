import { readHealth } from "../../app/state.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import type { HealthReport } from "../../observe/health.ts";
import type { Database } from "../../store/database.ts";
import { listTroubled } from "../../store/held.ts";
import { blockedHints, type BlockedHint } from "../../store/hint-depth.ts";
import { storeHolder } from "../../store/lock.ts";
import { listNotices, type NoticeRow } from "../../store/notices.ts";
import { countOpen, type OperationRow, type StateCount } from "../../store/operations.ts";
import { lastRun, type RunRow } from "../../store/runs.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { statusLines } from "./status-lines.ts";

/** What is known of one connection beyond its health. */
export interface ConnectionDetails {
  connection: string;
  operations: StateCount[];
  troubled: OperationRow[];
  blocked: BlockedHint[];
  notices: NoticeRow[];
  lastSnapshot: RunRow | null;
}

export interface Status {
  /** The process that owns the store, in words; null: none. */
  service: string | null;
  health: HealthReport;
  connections: ConnectionDetails[];
}

/** Says how the bridge is, from rows alone: it works with and without a service. */
export async function status(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  await using database = await openBeside(config);
  const now = await readStatus(config, database);
  if (call.json) call.terminal.print(JSON.stringify(now));
  else for (const line of statusLines(now, call.terminal.color)) call.terminal.print(line);
  return EXIT.done;
}

async function readStatus(config: Config, database: Database): Promise<Status> {
  const { reader } = database;
  const connections: ConnectionDetails[] = [];
  for (const { name, organization } of config.connections) {
    const owner = { organization, connection: name };
    connections.push({
      connection: name,
      operations: await countOpen(reader, owner),
      troubled: await listTroubled(reader, owner),
      blocked: await blockedHints(reader, name),
      notices: await listNotices(reader, owner),
      lastSnapshot: await lastRun(reader, name, "snapshot"),
    });
  }
  const service = await storeHolder(config.store.sqlite);
  return { service, health: await readHealth(config, database), connections };
}
