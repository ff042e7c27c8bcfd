/** What a fault script answers, for people and for machines. */
export interface FaultReport {
  name: string;
  ok: boolean;
  metrics: Record<string, number | string | Record<string, number>>;
  /** A promised limit beside what was measured, by name. */
  budgets: Record<string, { actual: number; limit: number; rule: "at most"; ok: boolean }>;
  /** What broke a promise, in words; empty when all is well. */
  failures: string[];
  /** The command that makes the same decisions again. */
  replay: string;
  /** Where configuration, store and log are kept after a failure. */
  directory: string;
  /** The last lines of the process's log. */
  log: string[];
}

/** A budget that may not be exceeded. */
export function atMost(limit: number, actual: number): FaultReport["budgets"][string] {
  return { actual, limit, rule: "at most", ok: actual <= limit };
}

/** One line for machines: always the last of the output. */
export function jsonLine({ name, ok, metrics, budgets, failures, replay }: FaultReport): string {
  return JSON.stringify({ name, ok, metrics, budgets, ...(ok ? {} : { failures, replay }) });
}

/** A table for people. */
export function table({ name, ok, metrics, budgets }: FaultReport): string {
  const rows = Object.entries(metrics).flatMap(([key, value]): [string, string][] =>
    typeof value === "object"
      ? Object.entries(value).map(([part, count]) => [`${key}: ${part}`, String(count)])
      : [[key, String(value)]],
  );
  for (const [key, { actual, limit, ok: kept }] of Object.entries(budgets)) {
    rows.push([`${key} (at most ${String(limit)})`, `${String(actual)}${kept ? "" : "  EXCEEDED"}`]);
  }
  const width = Math.max(...rows.map(([key]) => key.length));
  const lines = rows.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`);
  return [`${name}: ${ok ? "every promise kept" : "FAILED"}`, ...lines].join("\n");
}

/** Everything that helps to find out what went wrong. */
export function failureText({ failures, replay, directory, log }: FaultReport): string {
  const again = `replay (the same decisions, instants approximately): ${replay}`;
  if (failures.length === 0) return `a budget was exceeded\n${again}`;
  return [
    ...failures.map((failure) => `✘ ${failure}`),
    "",
    "last lines of the bridge's log:",
    ...log.map((line) => `  ${line}`),
    "",
    `kept: ${directory}`,
    again,
  ].join("\n");
}
