import { once } from "node:events";
import { openApp, type App } from "../../app.ts";
import { readHealth, refreshGauges } from "../../app/state.ts";
import { checkSecrets, refuseProblems } from "../../config/secrets/check.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { createAdminApp } from "../../console/admin.ts";
import { createMetrics, type Metrics } from "../../observe/metrics.ts";
import type { Log } from "../../observe/log.ts";
import { createReceiver } from "../../receive/receiver.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { flushLog, openLog } from "../../app/log.ts";
import { listenOn } from "../../app/listen-on.ts";
import { readinessOf } from "../../app/readiness.ts";
import { hookVerifiers } from "../../app/hook-verifiers.ts";
import { startLine } from "../../app/start-line.ts";

/** Runs the bridge until a signal; resolves once everything is closed. */
export async function serve(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const findings = checkSecrets(config);
  refuseProblems(config.file, findings.problems);
  const log = openLog(config, "stdout");
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
  const metrics = createMetrics();
  await using stack = new AsyncDisposableStack();
  const app = stack.use(await openApp(config, { command: "bwbridge serve", log, metrics }));
  // Closed before the app: what is still being received can be written down.
  const hooks = stack.use(await listenOn(config.listen.hooks, "listen.hooks", receiver(app, log, metrics), log));
  const admin = stack.use(await listenOn(config.listen.admin, "listen.admin", adminApp(app, log, metrics), log));
  await app.start({ clock: true });
  log.info({ hooks: hooks.url, admin: admin.url, startMs: Math.round(performance.now()) }, "ready");
  // Whoever waits for this line should not wait for the next write.
  log.flush();
  if (!signal.aborted) await once(signal, "abort");
  log.info("stopping");
}

function receiver(app: App, log: Log, metrics: Metrics): ReturnType<typeof createReceiver> {
  const readiness = readinessOf(app);
  return createReceiver({
    connections: hookVerifiers(app.config),
    inbox: readiness.inbox,
    ready: () => readiness.ready(),
    onAccepted(connection) {
      app.ring(connection);
    },
    log,
    metrics,
    trustProxy: app.config.trustProxy,
  });
}

function adminApp({ config, database }: App, log: Log, metrics: Metrics): ReturnType<typeof createAdminApp> {
  return createAdminApp({
    health: () => readHealth(config, database),
    metrics,
    refreshGauges: () => refreshGauges(config, database, metrics),
    log,
  });
}
