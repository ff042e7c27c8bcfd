import { crashAnswer, failure, throttled, type Answer } from "./answers.ts";
import { poorer, type Left } from "./poor-list.ts";
import { seededRandom, type Slowness } from "./slowness.ts";

/**
 * `gatewayTimeout`: the call is carried out, piece by piece, while the proxy has long answered 504. `poorList`: a list
 * that lacks what it should hold, said with a 200.
 */
export type FaultKind =
  | "status"
  | "answer"
  | "429"
  | "reset"
  | "resetAfterWork"
  | "500AfterCommit"
  | "latencyBeforeWork"
  | "latencyAfterWork"
  | "gatewayTimeout"
  | "poorList";

export interface FaultSpec extends Omit<Slowness, "latencyMs"> {
  /**
   * A string is the whole path, with or without `/api` or `/identity`; a RegExp is tested on the path with it. Default
   * every call; for `poorList` reads of the members.
   */
  match?: { method?: string; path?: string | RegExp };
  kind: FaultKind;
  /** How many calls are hit; default 1. */
  times?: number;
  /** How many matching calls, not struck by an earlier fault, go through first; default 0. */
  skip?: number;
  /** For `status`, default 503 (404 is the empty one); for `answer`, default 200; for `500AfterCommit` another one. */
  status?: number;
  /** For `answer`: the body; undefined is an empty one. */
  json?: unknown;
  /** Seconds for `429`; null leaves the header out; default 1. */
  retryAfter?: number | null;
  /** For the latencies; default 1,000. For `gatewayTimeout`: how late the work begins; default 0. */
  delayMs?: number;
  /** For `poorList`; default nobody. */
  left?: Left;
}

/** What the server must do with one call. The work is done unless `instead` or a reset before it says otherwise. */
export interface Fault {
  kind: FaultKind;
  /** Answer without doing the work. */
  instead?: Answer;
  /** What becomes of the answer although the work was done. */
  after?: (answer: Answer) => Answer;
  delayMs?: number;
  /** In the place of what holds for every call. */
  slowness?: Slowness;
}

export interface ChaosOptions {
  seed: number;
  /** Share of calls hit, 0 to 1. */
  rate: number;
  kinds?: FaultKind[];
  /** For the latencies; default 50. */
  delayMs?: number;
}

interface Armed {
  spec: FaultSpec;
  skip: number;
  left: number;
}

const CHAOS_KINDS: FaultKind[] = ["status", "429", "reset", "resetAfterWork", "500AfterCommit", "latencyAfterWork"];

/** Faults to come: listed ones first, in the order they were added, then seeded chaos. */
export class Faults {
  /** What holds for every call when nothing else is said. */
  readonly #usual: Slowness;
  #slowness: Slowness;
  #armed: Armed[] = [];
  #chaos: { options: ChaosOptions; random: () => number } | null = null;

  constructor(usual: Slowness = {}) {
    this.#usual = usual;
    this.#slowness = usual;
  }

  /** Changes how slow every call is from now on, until `clear`. What is not named stays as it is. */
  slow(slowness: Slowness): void {
    this.#slowness = { ...this.#slowness, ...slowness };
  }

  get slowness(): Slowness {
    return this.#slowness;
  }

  add(spec: FaultSpec): void {
    const match = spec.match ?? (spec.kind === "poorList" ? { method: "GET", path: "/public/members" } : {});
    this.#armed.push({ spec: { ...spec, match }, skip: spec.skip ?? 0, left: spec.times ?? 1 });
  }

  /** Hits a reproducible share of all calls until `clear`. */
  chaos(options: ChaosOptions): void {
    this.#chaos = { options, random: seededRandom(options.seed) };
  }

  clear(): void {
    this.#armed = [];
    this.#chaos = null;
    this.#slowness = this.#usual;
  }

  /** Faults that have not struck yet. */
  get pending(): number {
    return this.#armed.reduce((sum, { left }) => sum + left, 0);
  }

  /** The fault for this call, used up by asking. `fullPath` is with the service's base, `path` without. */
  take(method: string, fullPath: string, path: string): Fault | null {
    for (const armed of this.#armed) {
      if (!matches(armed.spec, method, fullPath, path)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.left -= 1;
      if (armed.left <= 0) this.#armed = this.#armed.filter((other) => other !== armed);
      return toFault(armed.spec);
    }
    return this.#takeChaos();
  }

  #takeChaos(): Fault | null {
    if (this.#chaos === null) return null;
    const { options, random } = this.#chaos;
    if (random() >= options.rate) return null;
    const kinds = options.kinds ?? CHAOS_KINDS;
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "status";
    return toFault({ kind, status: random() < 0.5 ? 502 : 503, delayMs: options.delayMs ?? 50 });
  }
}

function matches({ match }: FaultSpec, method: string, fullPath: string, path: string): boolean {
  if (match?.method !== undefined && match.method !== method) return false;
  if (match?.path === undefined) return true;
  if (typeof match.path === "string") return match.path === fullPath || match.path === path;
  return fullPath.search(match.path) >= 0;
}

function toFault(spec: FaultSpec): Fault {
  const { kind } = spec;
  switch (kind) {
    case "status":
      return { kind, instead: failure(spec.status ?? 503) };
    case "answer":
      return { kind, instead: { status: spec.status ?? 200, json: spec.json } };
    case "429":
      return { kind, instead: throttled("1m", spec.retryAfter === undefined ? 1 : spec.retryAfter) };
    case "500AfterCommit":
      return { kind, after: spec.status === undefined ? crashAnswer : () => failure(spec.status ?? 500) };
    case "latencyBeforeWork":
    case "latencyAfterWork":
      return { kind, delayMs: spec.delayMs ?? 1_000 };
    case "gatewayTimeout": {
      const { mailMs = 0, groupMs = 0, gatewayTimeoutMs = 0, delayMs = 0 } = spec;
      return { kind, delayMs, slowness: { mailMs, groupMs, gatewayTimeoutMs } };
    }
    case "poorList":
      return { kind, after: (answer) => poorer(answer, spec.left ?? "nobody") };
    case "reset":
    case "resetAfterWork":
      return { kind };
  }
}
