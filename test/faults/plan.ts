import type { FaultKind, FaultSpec } from "../fakes/bitwarden/faults.ts";
import { pick, seededRandom, type Random } from "../fakes/okta/random.ts";

/** When the process is killed: during its start, after a time, or as soon as a vendor saw so many more calls. */
export interface Kill {
  when: "start" | "time" | "okta read" | "bitwarden call" | "bitwarden write";
  /** Calls to wait for. */
  calls: number;
  /** Then so long. */
  afterMs: number;
}

/** One change: how the bridge hears of it, and how long until the next one. */
export interface Step {
  /** `hook`: by Okta's deliverer. `post`: by the script, which notes the acknowledgement. `silent`: nobody; only a full read finds it. */
  by: "hook" | "post" | "silent";
  /** Posted once more, as a sender does that lost the answer. */
  doubled: boolean;
  pauseMs: number;
}

/** Everything decided about a round before it begins. */
export interface RoundPlan {
  random: Random;
  kill: Kill;
  steps: Step[];
  /** A reconciliation, asked for before this step. */
  sync: { before: number; full: boolean } | null;
  faults: FaultSpec[];
  oktaLatencyMs: number;
}

const FAULTS: FaultKind[] = ["500AfterCommit", "resetAfterWork", "reset", "status", "429", "latencyAfterWork"];

/** The same seed and round give the same plan, whatever happened before. */
export function planRound(seed: number, round: number): RoundPlan {
  const random = seededRandom(Math.imul(seed, 1_000_003) + round);
  const kill = drawKill(random);
  const steps = Array.from({ length: 1 + Math.floor(random() * 5) }, () => drawStep(random));
  const sync = random() < 0.3 ? { before: Math.floor(random() * steps.length), full: random() < 0.6 } : null;
  const faults = random() < 0.35 ? [drawFault(random)] : [];
  const oktaLatencyMs = random() < 0.5 ? 0 : Math.floor(random() * 40);
  return { random, kill, steps, sync, faults, oktaLatencyMs };
}

function drawKill(random: Random): Kill {
  const point = random();
  if (point < 0.12) return { when: "start", calls: 0, afterMs: random() * 700 };
  if (point < 0.45) return { when: "time", calls: 0, afterMs: random() * 600 };
  if (point < 0.6) return { when: "okta read", calls: 1 + Math.floor(random() * 10), afterMs: random() * 5 };
  if (point < 0.75) return { when: "bitwarden call", calls: 1 + Math.floor(random() * 12), afterMs: random() * 10 };
  return { when: "bitwarden write", calls: 1 + Math.floor(random() * 4), afterMs: random() * 12 };
}

function drawStep(random: Random): Step {
  const point = random();
  const by = point < 0.45 ? "post" : point < 0.9 ? "hook" : "silent";
  return { by, doubled: random() < 0.2, pauseMs: random() * 80 };
}

function drawFault(random: Random): FaultSpec {
  const kind = pick(random, FAULTS);
  const method = pick(random, ["POST", "POST", "PUT", "GET"]);
  return {
    kind,
    match: { method, path: /^\/api\/public\// },
    times: random() < 0.8 ? 1 : 2,
    skip: Math.floor(random() * 2),
    delayMs: 50 + random() * 250,
  };
}
