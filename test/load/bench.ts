import type { Report } from "./report.ts";

export interface BenchOptions {
  /** Fewer and shorter rounds: a look, not a verdict. */
  quick: boolean;
  /** Size of the directory, where a bench lets it be chosen. */
  users: number | undefined;
  groups: number | undefined;
  /** Told what goes on, a line at a time. */
  progress: (line: string) => void;
}

export interface Bench {
  summary: string;
  run(options: BenchOptions): Promise<Report>;
}
