import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What became of an event or a delivery at the hooks listener. */
type HookOutcome = "accepted" | "duplicate" | "unreadable" | "refused" | "limited" | "failed";

/** Every number the bridge counts. Durations in seconds, times in epoch milliseconds; names never carry people. */
export interface Metrics {
  readonly contentType: string;
  /** Events, or whole deliveries where no events were read. */
  hookEvents(connection: string, outcome: HookOutcome, count: number): void;
  /** From the receipt of a hint to the read-back that proves its effect in Bitwarden. */
  readBack(connection: string, seconds: number): void;
  queueState(connection: string, waiting: number, oldestSeconds: number): void;
  heldOperations(organization: string, count: number): void;
  /** Whom the directory let go and who still has access. */
  stillActive(organization: string, count: number): void;
  /** The last reconciliation that saw everything. */
  reconciled(connection: string, atMs: number): void;
  /** `route` is the pattern, such as `GET /public/members/{id}`; status 0: no answer. */
  bitwardenCall(route: string, status: number, seconds: number): void;
  operation(type: string, outcome: string): void;
  directoryRead(connection: string, kind: string, outcome: string): void;
  /** Prometheus text. */
  render(): Promise<string>;
}

/** 300 s: the worst case is a wait for a rate limit of Bitwarden's cloud. */
const LATENCY_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

/** A registry of its own, so that several bridges in one process (tests) do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = makeCounters(registry);
  const gauges = makeGauges(registry);
  const histograms = makeHistograms(registry);
  return {
    contentType: registry.contentType,
    hookEvents: (connection, outcome, count) => {
      counters.hooks.inc({ connection, outcome }, count);
    },
    readBack: (connection, seconds) => {
      histograms.readBack.observe({ connection }, seconds);
    },
    queueState: (connection, waiting, oldestSeconds) => {
      gauges.waiting.set({ connection }, waiting);
      gauges.oldest.set({ connection }, oldestSeconds);
    },
    heldOperations: (organization, count) => {
      gauges.held.set({ organization }, count);
    },
    stillActive: (organization, count) => {
      gauges.stillActive.set({ organization }, count);
    },
    reconciled: (connection, atMs) => {
      gauges.reconciled.set({ connection }, atMs / 1000);
    },
    bitwardenCall: (route, status, seconds) => {
      histograms.bitwarden.observe({ route, status: String(status) }, seconds);
    },
    operation: (type, outcome) => {
      counters.operations.inc({ type, outcome });
    },
    directoryRead: (connection, kind, outcome) => {
      counters.reads.inc({ connection, kind, outcome });
    },
    render: () => registry.metrics(),
  };
}

function makeCounters(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  return {
    hooks: counter("bwbridge_hook_events_total", "Events received by hooks, by what became of them", [
      "connection",
      "outcome",
    ]),
    operations: counter("bwbridge_operations_total", "Operations that ended, by type and outcome", ["type", "outcome"]),
    reads: counter("bwbridge_directory_reads_total", "Reads of a directory, by kind and outcome", [
      "connection",
      "kind",
      "outcome",
    ]),
  };
}

function makeGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    waiting: gauge("bwbridge_queue_waiting", "Subjects that wait to be read", ["connection"]),
    oldest: gauge("bwbridge_queue_oldest_seconds", "Age of the subject that waits longest", ["connection"]),
    held: gauge("bwbridge_held_operations", "Operations that wait for a person's decision", ["organization"]),
    stillActive: gauge("bwbridge_still_active", "People and memberships that the directory let go and Bitwarden has", [
      "organization",
    ]),
    reconciled: gauge("bwbridge_last_reconciliation_timestamp_seconds", "Last complete reconciliation (Unix time)", [
      "connection",
    ]),
  };
}

function makeHistograms(registry: Registry) {
  return {
    readBack: new Histogram({
      name: "bwbridge_hint_to_read_back_seconds",
      help: "From the receipt of a hint to the read-back of its effect in Bitwarden",
      labelNames: ["connection"],
      buckets: LATENCY_BUCKETS,
      registers: [registry],
    }),
    bitwarden: new Histogram({
      name: "bwbridge_bitwarden_request_seconds",
      help: "Requests to Bitwarden, by route and status (0: no answer)",
      labelNames: ["route", "status"],
      buckets: CALL_BUCKETS,
      registers: [registry],
    }),
  };
}
