import { performance } from "node:perf_hooks";

const FIRST_MS = 500;
const LONGEST_MS = 20_000;
/** So many different subjects in a row, without a success between them, are not each to blame. */
const SUBJECTS = 3;

/**
 * How long a directory is left alone after failures that every read would meet. Without it each hook that arrives would
 * ask a directory that is down, or has told us to wait, once more; and with a hasty one, a single subject that cannot
 * be read would stop all others.
 */
export class Outage {
  #declared = 0;
  /** By a clock that nobody sets back. */
  #until = 0;
  readonly #failing = new Set<string>();

  /** For how many milliseconds nothing is asked. */
  get waitMs(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /** Several subjects failed in a row: it is the directory. */
  get isLikely(): boolean {
    return this.#failing.size >= SUBJECTS;
  }

  /** A read succeeded, or a person asks now and may have removed the cause. */
  ended(): void {
    this.#failing.clear();
    this.#declared = 0;
    this.#until = 0;
  }

  /** A read failed in a way that may be the subject's or the directory's fault. */
  failed(subject: string): void {
    this.#failing.add(subject);
  }

  /**
   * Leaves the directory alone, for `waitMs` where something says how long, otherwise for 0.5 s, doubling up to 20 s, half
   * of it jitter. Answers for how long.
   */
  declare(waitMs?: number, random = Math.random()): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#declared);
    this.#declared = Math.min(this.#declared + 1, 10);
    const wait = waitMs ?? Math.round(ceiling * (1 - random / 2));
    this.#until = performance.now() + wait;
    return wait;
  }
}
