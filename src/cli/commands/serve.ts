import { once } from "node:events";
import { flushLog, openLog } from "../../app/log.ts";
import { startService } from "../../app/service.ts";
import { startLine } from "../../app/start-line.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { checkSecrets, refuseProblems } from "../../config/secrets/check.ts";
import type { Log } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";

/** Runs the bridge until a signal; resolves once everything is closed. */
export async function serve(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const findings = checkSecrets(config);
  refuseProblems(config.file, findings.problems);
  const log = openLog(config);
  log.info(startLine(config), "starting");
  for (const warning of [...config.warnings, ...findings.warnings]) log.warn(warning);
  try {
    await serveUntilStopped(config, log, call.signal);
    log.info("stopped");
  } finally {
    await flushLog(log);
  }
  return EXIT.done;
}

async function serveUntilStopped(config: Config, log: Log, signal: AbortSignal): Promise<void> {
  const options = { command: "bwbridge serve", log, metrics: createMetrics() };
  await using service = await startService(config, options, true);
  const { hooks, admin } = service;
  log.info({ hooks: hooks.url, admin: admin.url, startMs: Math.round(performance.now()) }, "ready");
  // Lines are gathered before they are written; whoever waits for this one should see it at once.
  log.flush();
  if (!signal.aborted) await once(signal, "abort");
  log.info("stopping");
}
