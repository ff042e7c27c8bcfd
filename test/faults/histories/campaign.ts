import type { FaultReport } from "../report.ts";
import type { ScriptOptions } from "../script.ts";
import { runHistory, type HistoryOptions, type HistoryReport } from "./history.ts";

export interface CampaignOptions extends ScriptOptions, HistoryOptions {
  /** Histories played at the same time: most of each is waiting; default 4. */
  atOnce?: number;
}

/** As many failing histories are told in full; of the others the seed and the kind are enough. */
const TOLD_IN_FULL = 3;

/** Plays `rounds` histories, of the seeds from `seed` on, and reports every accusation. */
export async function histories(options: CampaignOptions): Promise<FaultReport> {
  const { rounds, seed, progress, atOnce = 4, ...each } = options;
  const startedAt = performance.now();
  const reports: HistoryReport[] = [];
  const broken: string[] = [];
  let next = seed;
  const play = async (): Promise<void> => {
    while (next < seed + rounds) {
      const mine = next;
      next += 1;
      try {
        const report = await runHistory(mine, each);
        reports.push(report);
        progress(line(report));
      } catch (error) {
        broken.push(`seed ${String(mine)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rounds) }, play));
  const accused = reports.filter(({ accusations }) => accusations.length > 0).sort((a, b) => a.seed - b.seed);
  const failures = [...broken, ...accused.map((report, at) => failureOf(report, at < TOLD_IN_FULL))];
  return {
    name: "histories",
    ok: failures.length === 0,
    metrics: { ...metricsOf(reports), seed, rounds, seconds: Math.round((performance.now() - startedAt) / 1000) },
    budgets: {},
    failures,
    replay: `npm run faults -- histories --seed ${String(accused[0]?.seed ?? seed)} --rounds 1${optionWords(each)}`,
    directory: accused[0]?.folder ?? "nothing",
    log: accused[0]?.log ?? [],
  };
}

/** One history in full: its accusations, each with what led to it, and the command that plays it again. */
export function failureOf({ seed, theme, connections, accusations }: HistoryReport, inFull: boolean): string {
  const title = `seed ${String(seed)} (${theme}), again: npm run faults -- histories --seed ${String(seed)} --rounds 1${optionWords({ connections })}`;
  const told = accusations.map(({ kind, atMs, text, facts }) => {
    const head = `  ${kind}, after ${String(atMs)} ms: ${text}`;
    return inFull ? [head, ...facts.map((one) => `      ${one}`)].join("\n") : head;
  });
  return [title, ...told].join("\n");
}

function optionWords({ connections, theme }: HistoryOptions): string {
  const two = connections === 2 ? " --connections 2" : "";
  return theme === undefined ? two : `${two} --theme ${theme}`;
}

function line({ seed, theme, seconds, counts, accusations }: HistoryReport): string {
  const verdict =
    accusations.length === 0 ? "well" : `ACCUSED ${[...new Set(accusations.map(({ kind }) => kind))].join(", ")}`;
  return `seed ${String(seed)} ${theme.padEnd(9)} ${String(counts.changes)} changes, ${String(counts.takings)} takings, ${String(seconds)} s: ${verdict}`;
}

function metricsOf(reports: readonly HistoryReport[]): FaultReport["metrics"] {
  const sum = (name: keyof HistoryReport["counts"]): number =>
    reports.reduce((total, { counts }) => total + counts[name], 0);
  const accusations = reports.flatMap((report) => [...new Set(report.accusations.map(({ kind }) => kind))]);
  return {
    histories: reports.length,
    accused: reports.filter((report) => report.accusations.length > 0).length,
    changes: sum("changes"),
    takings: sum("takings"),
    requests: sum("requests"),
    themes: tally(reports.map(({ theme }) => theme)),
    accusations: tally(accusations),
  };
}

function tally(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
