import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { SyncObserver } from "../sync/observer.ts";

/** Progress lines of one step come at most this often. */
const PROGRESS_EVERY_MS = 5_000;

/** Sync's events as canonical log lines and numbers. */
export function createObserver(log: Log, metrics: Metrics): SyncObserver {
  return { ...readingObserver(log, metrics), ...writingObserver(log, metrics) };
}

type Reading = "hintResolved" | "directoryRead" | "progress" | "reconciled" | "failure";

function readingObserver(log: Log, metrics: Metrics): Pick<SyncObserver, Reading> {
  const lastProgress = new Map<string, number>();
  return {
    hintResolved(connection, hint, outcome, ms) {
      log.info({ connection, hint, outcome, ms: Math.round(ms) }, "hint");
    },
    directoryRead(connection, kind) {
      metrics.directoryRead(connection, kind, "asked");
    },
    progress(connection, step, counts) {
      const id = `${connection} ${step}`;
      const now = Date.now();
      if (now - (lastProgress.get(id) ?? now - PROGRESS_EVERY_MS + 1_000) < PROGRESS_EVERY_MS) return;
      lastProgress.set(id, now);
      log.info({ connection, step, ...counts }, "progress");
    },
    reconciled(connection, counts, evidence, ms) {
      metrics.reconciled(connection, Date.now());
      log.info({ connection, ...counts, evidence, ms }, "directory read completely");
    },
    failure(where, error) {
      const { code, side, remedy, retry } = error;
      log.error({ subject: where, code, side, remedy, retry, err: error }, error.message);
    },
  };
}

function writingObserver(log: Log, metrics: Metrics): Omit<SyncObserver, Reading> {
  return {
    decided(organization, counts) {
      log.info({ organization, ...counts }, "decided");
    },
    held(organization, hold, count) {
      log.warn({ organization, hold, count }, "operations held: see `bwbridge held`");
    },
    noticed(organization, notice) {
      log.warn(
        { organization, subject: `${notice.kind}/${notice.key}`, code: notice.code, who: notice.label },
        notice.text,
      );
    },
    operationDone(organization, operation, latencyMs) {
      metrics.operation(operation.type, "done");
      metrics.readBack(organization, latencyMs / 1000);
      const { id, type, label, reason, attempts, hint } = operation;
      log.info(
        { organization, hint, operation: id, type, who: label, reason, attempts: attempts + 1, latencyMs },
        "operation",
      );
    },
    operationFailed(organization, operation, error, next) {
      metrics.operation(operation.type, next === "retry" ? "retried" : "failed");
      const { id, type, label, attempts, hint } = operation;
      const { code, remedy } = error;
      log.warn(
        { organization, hint, operation: id, type, who: label, attempts: attempts + 1, code, remedy, next },
        error.message,
      );
    },
  };
}
