import PQueue from "p-queue";

import { BridgeError } from "../domain/errors.ts";
import type { Priority } from "./bitwarden.ts";

/** Starts allowed in any second or minute, however the windows are laid. */
export interface PaceLimits {
  writesPerSecond: number;
  writesPerMinute: number;
  readsPerMinute: number;
}

/** `open`: a self-hosted server, which has no limiter; only the number of requests at once is bounded. */
export type PaceSettings = PaceLimits | "open";

/** Under the cloud's 10 tokens a minute (src/Identity/appsettings.json). */
const TOKENS_PER_MINUTE = 8;
/** The part of a minute's budget that only revocations may use. */
const RESERVE = 0.2;
const CONCURRENCY = 16;
const MINUTE_MS = 60_000;
/** A server that asks for more is asked again after this time; its next 429 costs nothing. */
const MAX_PAUSE_MS = 15 * MINUTE_MS;
const FIRST_BACKOFF_MS = 5_000;

/** A queue that counts its starts in the last minute and closes itself when they are used up. */
class Gate {
  readonly queue: PQueue;
  readonly #perMinute: number;
  readonly #starts: number[] = [];
  #opensAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(perMinute: number, concurrency: number, perSecond = Infinity) {
    this.#perMinute = perMinute;
    // Evenly spaced: a burst of four that a TLS handshake delays would reach the server in the same
    // second as the next four. Spaced, a delay of a whole interval still keeps within its limit.
    const spacing = { intervalCap: 1, interval: Math.ceil(1000 / perSecond), strict: true };
    this.queue = new PQueue({ concurrency, ...(perSecond === Infinity ? {} : spacing) });
  }

  add<T>(task: () => Promise<T>, options: { priority?: number; signal: AbortSignal }): Promise<T> {
    // Somebody waits now: the process must live until the gate opens.
    this.#timer?.ref();
    return this.queue.add(task, options);
  }

  /** To be called in the tick in which a request starts. */
  spend(): void {
    if (this.#perMinute === Infinity) return;
    const now = performance.now();
    this.#starts.push(now);
    if (this.#starts.length > this.#perMinute) this.#starts.shift();
    const oldest = this.#starts[0];
    if (oldest !== undefined && this.#starts.length === this.#perMinute) this.closeFor(oldest + MINUTE_MS - now);
  }

  closeFor(ms: number): void {
    const opensAt = performance.now() + ms;
    if (opensAt <= this.#opensAt) return;
    this.#opensAt = opensAt;
    this.queue.pause();
    clearTimeout(this.#timer);
    // Rounded up, because timers may fire a fraction of a millisecond early.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.queue.start();
      },
      Math.ceil(ms) + 1,
    );
    if (this.queue.size === 0) this.#timer.unref();
  }
}

/** One kind of request to one host: revocations overtake, and normal work leaves them a reserve. */
class Lane {
  readonly #all: Gate;
  readonly #normal: Gate;

  constructor(perMinute: number, perSecond = Infinity) {
    this.#all = new Gate(perMinute, CONCURRENCY, perSecond);
    const normalPerMinute = perMinute === Infinity ? Infinity : Math.max(1, Math.floor(perMinute * (1 - RESERVE)));
    // One at a time, so that at most one normal request has passed this gate without having started.
    this.#normal = new Gate(normalPerMinute, 1);
  }

  /** Runs the task when its turn has come. Rejects with the signal's reason when aborted while waiting. */
  async run<T>(priority: Priority, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    if (priority === "revocation") {
      return this.#all.add(
        () => {
          this.#all.spend();
          return task();
        },
        { priority: 1, signal },
      );
    }
    const { finished } = await this.#normal.add(() => this.#startNormal(signal, task), { signal });
    return finished;
  }

  /** Resolves at the start of the task; the answer comes in a box, or it would be awaited with it. */
  async #startNormal<T>(signal: AbortSignal, task: () => Promise<T>): Promise<{ finished: Promise<T> }> {
    const started = Promise.withResolvers<undefined>();
    const finished = this.#all.add(
      () => {
        this.#all.spend();
        this.#normal.spend();
        started.resolve(undefined);
        return task();
      },
      { priority: 0, signal },
    );
    // Aborted while waiting: it never starts. The caller sees the rejection through the box.
    finished.catch(() => {
      started.resolve(undefined);
    });
    await started.promise;
    return { finished };
  }

  closeFor(ms: number): void {
    this.#all.closeFor(ms);
  }
}

/** The pace of one host, shared by every organization on it: limits are counted per address, not per key. */
export class HostPace {
  readonly reads: Lane;
  readonly writes: Lane;
  readonly tokens: Lane;
  #throttledInARow = 0;

  constructor(settings: PaceSettings) {
    const open = settings === "open";
    this.reads = new Lane(open ? Infinity : settings.readsPerMinute);
    this.writes = new Lane(open ? Infinity : settings.writesPerMinute, open ? Infinity : settings.writesPerSecond);
    this.tokens = new Lane(open ? Infinity : TOKENS_PER_MINUTE);
  }

  /**
   * The host answered 429: everybody pauses, because the limit is everybody's. Without a usable
   * Retry-After the pause doubles with every 429 in a row, with jitter.
   * @param retryAfter the header's text: seconds or an HTTP date
   * @returns the length of the pause in ms
   */
  throttled(retryAfter: string | undefined): number {
    const askedMs = retryAfterMs(retryAfter);
    const backoffMs = FIRST_BACKOFF_MS * 2 ** this.#throttledInARow * (1 + Math.random());
    this.#throttledInARow = Math.min(this.#throttledInARow + 1, 10);
    const pauseMs = Math.min(askedMs ?? backoffMs, MAX_PAUSE_MS);
    for (const lane of [this.reads, this.writes, this.tokens]) lane.closeFor(pauseMs);
    return Math.ceil(pauseMs);
  }

  /** The host answered something else than 429. */
  answered(): void {
    this.#throttledInARow = 0;
  }
}

function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 1000);
}

function paceText(settings: PaceSettings): string {
  if (settings === "open") return settings;
  const { writesPerSecond, writesPerMinute, readsPerMinute } = settings;
  return `${String(writesPerSecond)}/s and ${String(writesPerMinute)}/min writes, ${String(readsPerMinute)}/min reads`;
}

const hosts = new Map<string, { settings: string; pace: HostPace }>();

/**
 * The one pace of a host in this process. It outlives its clients, so that reopening one forgets no
 * request of the last minute.
 * @throws BridgeError `CONFIG_INVALID` when another organization gave the same host another pace
 */
export function paceOf(url: URL, settings: PaceSettings): HostPace {
  const text = paceText(settings);
  const known = hosts.get(url.host);
  if (known === undefined) {
    const pace = new HostPace(settings);
    hosts.set(url.host, { settings: text, pace });
    return pace;
  }
  if (known.settings === text) return known.pace;
  throw new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    message: `two organizations ask for different paces on ${url.host}: ${known.settings}; and ${text}`,
    remedy: "Give every organization on one Bitwarden host the same pace; its limits are shared.",
    retry: "never",
  });
}
