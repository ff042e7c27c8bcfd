/** One thing that happened in a history, for whoever reads a failing one. Milliseconds of `performance.now()`. */
interface Event {
  at: number;
  /** Everything it concerns, as facts name it: a person's or a group's id, a member's id. */
  about: readonly string[];
  text: string;
}

const SHOWN = 40;

/** What happened in one history, in order: changes, hooks, faults, an administrator's hands, kills. */
export class Chronicle {
  readonly startedAt = performance.now();
  readonly #events: Event[] = [];

  note(text: string, ...about: string[]): void {
    this.#events.push({ at: performance.now(), about, text });
  }

  /** The last events up to now that concern one of these, or everybody; each a line with its time. */
  of(subjects: readonly string[], more: readonly Event[] = []): string[] {
    const wanted = new Set(subjects);
    return [...this.#events, ...more]
      .filter(({ about }) => about.length === 0 || about.some((one) => wanted.has(one)))
      .sort((a, b) => a.at - b.at)
      .slice(-SHOWN)
      .map(({ at, text }) => `${String(Math.round(at - this.startedAt)).padStart(7)} ms  ${text}`);
  }
}
