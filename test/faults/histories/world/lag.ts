import { setTimeout as sleep } from "node:timers/promises";

const PROBE_MS = 250;
/** What was slow so long ago says nothing about a request that arrives now. */
const REMEMBERED_MS = 15_000;

/**
 * How slow the machine is at the moment: what a timer of this process is late, what the bridge takes to answer that it
 * lives, and what it takes to write a hook down. A busy machine must not look like a careless bridge.
 */
export class Lag implements AsyncDisposable {
  #samples: { at: number; ms: number }[] = [];
  readonly #stopping = new AbortController();
  readonly #probing: Promise<void>;

  /** `urlOf`: where to ask whether the bridge lives; null while it is not there. */
  constructor(urlOf: () => string | null) {
    this.#probing = this.#probe(urlOf);
  }

  add(ms: number): void {
    const at = performance.now();
    this.#samples = this.#samples.filter((sample) => at - sample.at < REMEMBERED_MS);
    this.#samples.push({ at, ms });
  }

  /** The worst that was seen lately, in ms. */
  worstMs(): number {
    const since = performance.now() - REMEMBERED_MS;
    return Math.max(0, ...this.#samples.filter(({ at }) => at > since).map(({ ms }) => ms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#probing;
  }

  async #probe(urlOf: () => string | null): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await sleep(PROBE_MS, undefined, { signal }).catch(() => undefined);
      this.add(performance.now() - startedAt - PROBE_MS);
      const url = urlOf();
      if (url !== null) await this.#ask(url, signal);
    }
  }

  /** Killed in the middle, or stopped: says nothing about speed. */
  async #ask(url: string, signal: AbortSignal): Promise<void> {
    const askedAt = performance.now();
    try {
      const response = await fetch(`${url}/livez`, { signal });
      await response.body?.cancel();
      this.add(performance.now() - askedAt);
    } catch {
      return;
    }
  }
}
