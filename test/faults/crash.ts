import { CrashRun } from "./crash-run.ts";
import { atMost, percentile, type FaultReport } from "./report.ts";
import { openWorld } from "./world.ts";

export interface CrashOptions {
  rounds: number;
  seed: number;
  /** Told what goes on, a line at a time. */
  progress(line: string): void;
}

/** Rounds between two complete checks. */
const CHECK_EVERY = 20;
/** Recovery after `kill -9` on the same machine. */
const RECOVERY_MS = 5_000;

/**
 * The real process, killed again and again while hooks arrive and reconciliations run. Whatever it
 * acknowledged must be applied or waiting, nobody may be invited twice or lose anything without cause,
 * and in the end Bitwarden must be what the directory says.
 */
export async function crash({ rounds, seed, progress }: CrashOptions): Promise<FaultReport> {
  const startedAt = performance.now();
  const replay = `npm run faults -- crash --seed ${String(seed)} --rounds ${String(rounds)}`;
  await using world = await openWorld({ seed, users: 40, groups: 6, bitwardenLatencyMs: 4 });
  const run = new CrashRun(world, seed);
  let failures: string[] = [];
  let round = 0;
  try {
    failures = await run.begin();
    while (failures.length === 0 && round < rounds) {
      round += 1;
      failures = await run.round(round);
      const due = round % CHECK_EVERY === 0 || round === rounds;
      if (failures.length === 0 && due) failures = await run.check();
      if (due) progress(`round ${String(round)} of ${String(rounds)}: ${failures.length === 0 ? "well" : "FAILED"}`);
    }
  } catch (error) {
    failures = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  if (failures.length > 0) world.keep();
  const budgets = { recoveryP95Ms: atMost(RECOVERY_MS, percentile(run.startMs, 0.95)) };
  return {
    name: "crash",
    ok: failures.length === 0 && Object.values(budgets).every(({ ok }) => ok),
    metrics: {
      seed,
      rounds: round,
      ...run.metrics(),
      recoveryP50Ms: percentile(run.startMs, 0.5),
      recoveryMaxMs: percentile(run.startMs, 1),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    },
    budgets,
    failures: failures.map((failure) => `round ${String(round)}: ${failure}`),
    replay,
    directory: world.directory,
    log: [...world.bridge.lines],
  };
}
