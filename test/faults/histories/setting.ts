import { pick, seededRandom, type Random } from "../../fakes/okta/random.ts";
import type { HookWeather } from "./world/hooks.ts";

/** What a history is mostly about; each has its own mixture of steps. */
export const THEMES = [
  "calm",
  "lossy",
  "bitwarden",
  "directory",
  "crash",
  "hands",
  "burst",
  "include",
  "guard",
  "liar",
  "mixed",
] as const;
export type Theme = (typeof THEMES)[number];

export const STEPS = [
  "change",
  "flicker",
  "comeBack",
  "ambushed",
  "burst",
  "bitwardenFault",
  "directoryFault",
  "poison",
  "lie",
  "refuse",
  "kill",
  "hand",
  "sync",
  "syncFull",
  "approve",
  "rest",
] as const;
export type StepKind = (typeof STEPS)[number];

/** Everything that is decided about a history before it begins. */
export interface Setting {
  seed: number;
  theme: Theme;
  /** For whatever is drawn on the way, in the order of the steps. */
  random: Random;
  connections: 1 | 2;
  /** The first connection's "disabled" is final; only with two. */
  authoritative: boolean;
  users: number;
  groups: number;
  steps: StepKind[];
  /** Pauses between steps, at most, in ms. */
  pauseMs: number;
  /** Before the work of every call to Bitwarden: one that answers at once hides every race. */
  bitwardenMs: number;
  directoryMs: number;
  hooks: HookWeather;
  /** Share of changes that neither hook nor log tell of. */
  silent: number;
  /** `groupFilter: include:` of the first so many groups; 0: everybody takes part. */
  included: number;
  leaver: "revoke" | "remove";
  groupDeletion: "delete" | "report" | "empty";
  guarded: boolean;
}

type Weights = Partial<Record<StepKind, number>>;

const WEIGHTS: Record<Theme, Weights> = {
  calm: { change: 8, flicker: 2, comeBack: 2, burst: 0.5, rest: 1 },
  lossy: { change: 8, flicker: 2, comeBack: 2, burst: 0.5, sync: 0.4, rest: 0.5 },
  bitwarden: { change: 6, flicker: 1, comeBack: 2, ambushed: 3, burst: 0.5, bitwardenFault: 3, refuse: 0.15, rest: 2 },
  directory: { change: 7, flicker: 1, comeBack: 2, burst: 0.5, directoryFault: 3, poison: 0.5, rest: 0.5 },
  crash: { change: 7, flicker: 1, comeBack: 2, burst: 1, bitwardenFault: 1, kill: 1.2, rest: 0.5 },
  hands: { change: 6, comeBack: 2, hand: 5, syncFull: 0.4, rest: 1.5 },
  burst: { change: 3, flicker: 1, burst: 4, rest: 0.5 },
  include: { change: 6, flicker: 1, burst: 3, rest: 1 },
  guard: { change: 7, comeBack: 3, burst: 1.5, approve: 0.6, rest: 1 },
  liar: { change: 6, comeBack: 2, lie: 4, rest: 2 },
  mixed: {
    ...{
      change: 8,
      flicker: 2,
      comeBack: 2,
      ambushed: 1,
      burst: 1,
      bitwardenFault: 2,
      directoryFault: 1.5,
      kill: 0.4,
      hand: 1.5,
    },
    ...{ sync: 0.2, syncFull: 0.2, lie: 0.4, rest: 0.5 },
  },
};

/** Steps that start a process, and therefore cost the machine most: at most so many of each. */
const AT_MOST: Weights = { kill: 3, sync: 2, syncFull: 2, approve: 3, refuse: 1, poison: 1, burst: 6, rest: 5 };

/** The same seed makes the same decisions; only the instants differ. */
export function drawSetting(seed: number, options: { connections?: 1 | 2; theme?: Theme } = {}): Setting {
  const random = seededRandom(Math.imul(seed, 2_654_435_761) ^ 0x5bd1e995);
  const drawn = pick(random, THEMES);
  const theme = options.theme ?? drawn;
  const connections = options.connections ?? 1;
  const many = theme === "burst" || theme === "include";
  const lossy = theme === "lossy" || theme === "mixed";
  return {
    seed,
    theme,
    random,
    connections,
    authoritative: random() < 0.5 && connections === 2,
    users: Math.floor(many ? 40 + random() * 80 : 15 + random() * 45),
    groups: 3 + Math.floor(random() * 4),
    steps: drawSteps(random, theme, many),
    pauseMs: 20 + random() * 180,
    bitwardenMs: 5 + Math.floor(random() * 45),
    directoryMs: random() < 0.3 ? 0 : Math.floor(random() * 60),
    hooks: {
      lost: lossy ? random() * 0.4 : 0,
      doubled: random() * 0.3,
      late: random() < 0.5 ? 0 : random() * 0.5,
      lateMs: 100 + random() * 1_400,
      shuffled: random() < 0.7,
    },
    silent: lossy ? random() * 0.15 : 0,
    included: theme === "include" || (theme === "mixed" && random() < 0.25) ? 1 + Math.floor(random() * 2) : 0,
    leaver: random() < 0.75 ? "revoke" : "remove",
    groupDeletion: pick(random, ["delete", "delete", "report", "empty"]),
    guarded: theme === "guard",
  };
}

function drawSteps(random: Random, theme: Theme, short: boolean): StepKind[] {
  const count = Math.floor(short ? 8 + random() * 22 : 25 + random() * 45);
  const used: Weights = {};
  const steps: StepKind[] = [];
  while (steps.length < count) {
    const step = drawStep(random, WEIGHTS[theme]);
    const times = (used[step] ?? 0) + 1;
    if (times > (AT_MOST[step] ?? Infinity)) continue;
    used[step] = times;
    steps.push(step);
  }
  // Nothing comes after it that would hide what it broke.
  if (WEIGHTS[theme].ambushed !== undefined) steps.push("ambushed");
  return steps;
}

function drawStep(random: Random, weights: Weights): StepKind {
  let point = random() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  for (const step of STEPS) {
    point -= weights[step] ?? 0;
    if (point < 0) return step;
  }
  return "change";
}
