import { setTimeout as sleep } from "node:timers/promises";
import { planRound } from "./plan.ts";
import type { FaultReport } from "./report.ts";
import { runScript, type ScriptOptions } from "./script.ts";

/** Share of Bitwarden's answers that go wrong. */
const RATE = 0.2;
/** Between two rounds of changes: retries and fresh work overlap. */
const PAUSE_MS = 400;

/**
 * A fifth of all calls to Bitwarden fails, in every way the emulator knows: refused, throttled, reset,
 * late, or done and the answer lost. Nobody is killed.
 */
export function bitwarden(options: ScriptOptions): Promise<FaultReport> {
  return runScript(
    {
      name: "bitwarden",
      checkEvery: 20,
      budgets: () => ({}),
      begin(run) {
        const { bridge, bitwarden: server, okta } = run.world;
        let lives = 0;
        let alive = false;
        const faults: Record<string, number> = {};
        return {
          metrics: () => ({ faults }),
          async round(number) {
            if (!alive) {
              alive = true;
              lives += 1;
              run.startMs.push(await bridge.start().ready);
              server.faults.chaos({ seed: run.seed + lives, rate: RATE });
            }
            const plan = planRound(run.seed, number);
            okta.setLatency(plan.oktaLatencyMs);
            await run.act(plan, () => true);
            await sleep(PAUSE_MS);
            return [];
          },
          async rest() {
            await bridge.stop();
            alive = false;
            for (const [kind, all] of Map.groupBy(server.history.entries, ({ fault }) => fault ?? "none")) {
              if (kind !== "none") faults[kind] = all.length;
            }
          },
        };
      },
    },
    options,
  );
}
