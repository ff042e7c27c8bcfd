/** How slow the server is, and how patient the proxy before it. Applies to every call until it is changed. */
export interface Slowness {
  /** Milliseconds a call takes: all before its work, or drawn from a range and spread at random before and after it. */
  latencyMs?: number | readonly [number, number];
  /** Each mail takes this long inside the request that sends it, as on a self-host. */
  mailMs?: number;
  /** Each group that an import makes or changes takes this long. */
  groupMs?: number;
  /** After this time without an answer the proxy answers 504; the server goes on all the same. Default never. */
  gatewayTimeoutMs?: number;
}

/** Draws latencies, the same ones for the same seed. */
export class Latency {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  draw(latencyMs: Slowness["latencyMs"]): { beforeMs: number; afterMs: number } {
    if (typeof latencyMs !== "object") return { beforeMs: latencyMs ?? 0, afterMs: 0 };
    const [least, most] = latencyMs;
    const totalMs = least + this.#random() * (most - least);
    const beforeMs = totalMs * this.#random();
    return { beforeMs, afterMs: totalMs - beforeMs };
  }
}

/** mulberry32: small, fast, the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
