/** What the threads of a process have done so far, in ms. */
export interface Work {
  ranMs: number;
  /** Ready to run, while the processors had other things to do. */
  waitedMs: number;
}

/** Of one processor. An idle process takes next to nothing, and a busy machine gives a spinning one not much more. */
const RAN_SHARE = 0.1;
/** Whoever goes in circles always runs or wants to. */
const WANTED_SHARE = 0.7;
const WINDOW_MS = 1_500;
/** One window may hold a large plan. */
const WINDOWS = 2;

/** Notices a process that works hard and asks nobody anything: it goes in circles. */
export class Spin {
  readonly #work: () => Work;
  readonly #asked: () => number;
  #window: Work & { at: number; asked: number };
  #suspicious = 0;

  constructor(work: () => Work, asked: () => number) {
    this.#work = work;
    this.#asked = asked;
    this.#window = this.#now();
  }

  /** How long one has to look to be sure. */
  static readonly enoughMs = WINDOW_MS * WINDOWS + 200;

  /** To be called again and again; words when it goes in circles, otherwise null. */
  look(): string | null {
    const now = this.#now();
    const ms = now.at - this.#window.at;
    if (ms < WINDOW_MS) return null;
    const ran = (now.ranMs - this.#window.ranMs) / ms;
    const wanted = ran + (now.waitedMs - this.#window.waitedMs) / ms;
    const isSuspicious = ran > RAN_SHARE && wanted > WANTED_SHARE && now.asked === this.#window.asked;
    this.#window = now;
    this.#suspicious = isSuspicious ? this.#suspicious + 1 : 0;
    if (this.#suspicious < WINDOWS) return null;
    return `${String(Math.round(ran * 100))} % of a processor for ${String(WINDOWS * WINDOW_MS)} ms without a request`;
  }

  #now(): Work & { at: number; asked: number } {
    return { ...this.#work(), at: performance.now(), asked: this.#asked() };
  }
}
