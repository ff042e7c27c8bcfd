/** Share of one processor, and for how long, that work without a single request may take. */
const SHARE = 0.5;
const WINDOW_MS = 1_500;
/** One window may hold a large plan. */
const WINDOWS = 2;

/** Notices a process that works hard and asks nobody anything: it goes in circles. */
export class Spin {
  readonly #busyMs: () => number;
  readonly #asked: () => number;
  #window: { at: number; busyMs: number; asked: number };
  #suspicious = 0;

  constructor(busyMs: () => number, asked: () => number) {
    this.#busyMs = busyMs;
    this.#asked = asked;
    this.#window = this.#now();
  }

  /** To be called again and again; words when it goes in circles, otherwise null. */
  look(): string | null {
    const now = this.#now();
    const ms = now.at - this.#window.at;
    if (ms < WINDOW_MS) return null;
    const share = (now.busyMs - this.#window.busyMs) / ms;
    const isSuspicious = share > SHARE && now.asked === this.#window.asked;
    this.#window = now;
    this.#suspicious = isSuspicious ? this.#suspicious + 1 : 0;
    if (this.#suspicious < WINDOWS) return null;
    return `${String(Math.round(share * 100))} % of a processor for ${String(WINDOWS * WINDOW_MS)} ms without a request;`;
  }

  #now(): { at: number; busyMs: number; asked: number } {
    return { at: performance.now(), busyMs: this.#busyMs(), asked: this.#asked() };
  }
}
