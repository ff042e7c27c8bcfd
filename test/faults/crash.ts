import { setTimeout as sleep } from "node:timers/promises";
import { planRound, type Kill } from "./plan.ts";
import { percentile, rounded } from "../support/statistics.ts";
import { atMost, type FaultReport } from "./report.ts";
import { inspectCopy, readWaiting, type Waiting } from "./rows.ts";
import type { Run } from "./run.ts";
import { runScript, type ScriptOptions } from "./script.ts";
import type { FaultWorld } from "./world.ts";

/** Recovery after `kill -9` on the same machine. */
const RECOVERY_MS = 5_000;
/** A kill that waits for a call which never comes happens then. */
const NO_CALL_MS = 1_500;

/**
 * The real process, killed again and again while hooks arrive and reconciliations run. Whatever it
 * acknowledged must be applied or waiting, nobody may be invited twice or lose anything without cause,
 * and in the end Bitwarden must be what the directory says.
 */
export function crash(options: ScriptOptions): Promise<FaultReport> {
  return runScript(
    {
      name: "crash",
      checkEvery: 20,
      budgets: ({ startMs }) => ({ recoveryP95Ms: atMost(RECOVERY_MS, rounded(percentile(startMs, 0.95))) }),
      begin(run) {
        const kills: Record<string, number> = {};
        return {
          metrics: () => ({ kills }),
          async round(number) {
            const phase = await lifeUntilKilled(run, number);
            kills[phase] = (kills[phase] ?? 0) + 1;
            return run.lost();
          },
        };
      },
    },
    options,
  );
}

/** Lives once: starts, works, is killed. Answers what the kill interrupted. */
async function lifeUntilKilled(run: Run, number: number): Promise<string> {
  const { bridge, bitwarden, okta, storeFile } = run.world;
  const plan = planRound(run.seed, number);
  okta.setLatency(plan.oktaLatencyMs);
  const { ready } = bridge.start();
  const life = { ready: false, killed: false };
  void ready.then(
    (ms) => {
      life.ready = true;
      run.startMs.push(ms);
    },
    () => undefined,
  );
  if (plan.kill.when !== "start") await ready;
  for (const fault of plan.faults) bitwarden.faults.add(fault);
  const acted = run.act(plan, () => !life.killed);
  await moment(run.world, plan.kill);
  const receiving = run.sender.underWay > 0;
  life.killed = true;
  await bridge.kill();
  await acted;
  await run.sender.settled();
  return life.ready ? phaseOf(await inspectCopy(storeFile, readWaiting), receiving) : "start";
}

async function moment({ okta, bitwarden }: FaultWorld, { when, calls, afterMs }: Kill): Promise<void> {
  const counts = {
    start: () => 0,
    time: () => 0,
    "okta read": () => okta.history.length,
    "bitwarden call": () => bitwarden.history.last,
    "bitwarden write": () => bitwarden.history.writes().length,
  };
  const count = counts[when];
  const target = count() + calls;
  const deadline = performance.now() + NO_CALL_MS;
  while (count() < target && performance.now() < deadline) await sleep(1);
  await sleep(afterMs);
}

/** What the kill interrupted, as far as the rows show it: the most delicate of the things under way. */
function phaseOf(waiting: Waiting, receiving: boolean): string {
  if (waiting.sending > 0) return "between sending and reading back";
  if (receiving) return "receiving";
  if (waiting.unsent > 0) return "before sending";
  if (waiting.undecided > 0) return "before deciding";
  if (waiting.dirty > 0) return "before reading";
  return "idle";
}
