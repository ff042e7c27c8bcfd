const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/**
 * How long a directory is left alone after failures that every read would meet. Without it each hook
 * that arrives would ask a directory that is down, or has told us to wait, once more.
 */
export class Outage {
  #failures = 0;
  #until = 0;

  /** Epoch ms before which nothing is asked. */
  get until(): number {
    return this.#until;
  }

  ended(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  /** `waitMs`: as long as the directory told us to wait. Otherwise 0.5 s, doubling up to 20 s, half of it jitter. */
  failed(now: number, waitMs?: number, random = Math.random()): void {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#until = now + (waitMs ?? Math.round(ceiling * (1 - random / 2)));
  }
}
