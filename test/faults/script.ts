import { percentile, rounded } from "../support/statistics.ts";
import type { FaultReport } from "./report.ts";
import { Run } from "./run.ts";
import { openWorld } from "./world.ts";

export interface ScriptOptions {
  rounds: number;
  seed: number;
  /** Told what goes on, a line at a time. */
  progress: (line: string) => void;
}

interface Rounds {
  /** One round; answers what went wrong, in words. */
  round(number: number): Promise<string[]>;
  /** Ends the process before a check, if it still runs. */
  rest?(): Promise<void>;
  /** What only this script counts. */
  metrics(): FaultReport["metrics"];
}

interface Script {
  name: string;
  /** Rounds between two complete checks; the last round is always followed by one. */
  checkEvery: number;
  budgets(run: Run): FaultReport["budgets"];
  begin(run: Run): Rounds | Promise<Rounds>;
}

/** Runs rounds and checks over one seeded world until something fails or all are done, and reports. */
export async function runScript(script: Script, { rounds, seed, progress }: ScriptOptions): Promise<FaultReport> {
  const startedAt = performance.now();
  await using world = await openWorld({ seed, users: 40, groups: 6, bitwardenLatencyMs: 4 });
  const run = new Run(world, seed);
  let failures: string[] = [];
  let round = 0;
  let counted: Rounds["metrics"] = () => ({});
  try {
    failures = await run.begin();
    const body = await script.begin(run);
    counted = () => body.metrics();
    while (failures.length === 0 && round < rounds) {
      round += 1;
      failures = await body.round(round);
      const due = round % script.checkEvery === 0 || round === rounds;
      if (failures.length === 0 && due) {
        await body.rest?.();
        failures = await run.check();
      }
      if (due) progress(`round ${String(round)} of ${String(rounds)}: ${failures.length === 0 ? "well" : "FAILED"}`);
    }
  } catch (error) {
    failures = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  if (failures.length > 0) world.keep();
  const budgets = script.budgets(run);
  return {
    name: script.name,
    ok: failures.length === 0 && Object.values(budgets).every(({ ok }) => ok),
    metrics: {
      seed,
      rounds: round,
      ...counted(),
      ...run.metrics(),
      startToReadyP50Ms: rounded(percentile(run.startMs, 0.5)),
      startToReadyMaxMs: rounded(percentile(run.startMs, 1)),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    },
    budgets,
    failures: failures.map((failure) => `round ${String(round)}: ${failure}`),
    replay: `npm run faults -- ${script.name} --seed ${String(seed)} --rounds ${String(rounds)}`,
    directory: world.directory,
    log: [...world.bridge.lines],
  };
}
