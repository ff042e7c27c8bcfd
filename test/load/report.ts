import { rounded } from "../support/statistics.ts";

/** A promised limit beside what was measured. */
export interface Budget {
  actual: number;
  limit: number;
  rule: "at most" | "at least";
  ok: boolean;
}

/** What a bench, or a part of one, has measured. */
export interface Measured {
  metrics: Record<string, number | string>;
  budgets: Record<string, Budget>;
}

/** What a bench answers, for people and for machines. */
export interface Report extends Measured {
  name: string;
  /** Every budget was kept. */
  ok: boolean;
}

/** A budget that may not be exceeded; what could not be measured (NaN) is a miss. */
export function atMost(limit: number, actual: number): Budget {
  return { actual: rounded(actual, 3), limit, rule: "at most", ok: actual <= limit };
}

/** A budget that must be reached; what could not be measured (NaN) is a miss. */
export function atLeast(limit: number, actual: number): Budget {
  return { actual: rounded(actual, 3), limit, rule: "at least", ok: actual >= limit };
}

/** A bench without any budget judges nothing, so it is not ok. */
export function judge(name: string, metrics: Report["metrics"], budgets: Report["budgets"]): Report {
  const all = Object.values(budgets);
  return { name, ok: all.length > 0 && all.every(({ ok }) => ok), metrics, budgets };
}

/** One line for machines: always the last of the output. */
export function jsonLine({ name, ok, metrics, budgets }: Report): string {
  return JSON.stringify({ name, ok, metrics, budgets });
}

/** A table for people. */
export function table({ name, ok, metrics, budgets }: Report): string {
  const measured = Object.entries(metrics).map(([key, value]): [string, string] => [key, String(value)]);
  const judged = Object.entries(budgets).map(([key, budget]): [string, string] => [
    `${key} (${budget.rule} ${String(budget.limit)})`,
    `${String(budget.actual)}${budget.ok ? "" : "  MISSED"}`,
  ]);
  const width = Math.max(...[...measured, ...judged].map(([key]) => key.length));
  const lines = (rows: [string, string][]): string[] => rows.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`);
  const title = `${name}: ${ok ? "every budget kept" : "a budget is MISSED"}`;
  return [title, ...lines(measured), "budgets", ...lines(judged)].join("\n");
}
