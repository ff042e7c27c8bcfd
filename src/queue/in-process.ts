import type { Handler, Queue, RingOptions } from "./queue.ts";
import { join, Rings, type Due } from "./rings.ts";

export interface InProcessQueueOptions {
  /** Told about every run that failed; must not throw. */
  onError: (error: unknown, key: string) => void;
  /** How long closing waits for running handlers before it aborts them, and once more after that. Default 10 s. */
  graceMs?: number;
  /** The clock, in epoch milliseconds. */
  now?: () => number;
}

interface Run {
  abort: AbortController;
  /** What was rung during the run. */
  again: Due | undefined;
}

/** Longest nap. Longer timers overflow above 2^31 ms, and a stepped wall clock is noticed within it. */
const MAX_NAP_MS = 60_000;

/** The doorbell inside one process: for SQLite, whose store one process owns. */
export class InProcessQueue implements Queue {
  readonly #onError: (error: unknown, key: string) => void;
  readonly #graceMs: number;
  readonly #now: () => number;
  readonly #rings = new Rings();
  readonly #runs = new Map<string, Run>();
  #handler: Handler | undefined;
  #concurrency = 0;
  #closed = false;
  #pumping = false;
  #nap: NodeJS.Timeout | undefined;
  #quiet = Promise.withResolvers<undefined>();

  constructor(options: InProcessQueueOptions) {
    this.#onError = options.onError;
    this.#graceMs = options.graceMs ?? 10_000;
    this.#now = options.now ?? Date.now;
  }

  ring(key: string, options: RingOptions = {}): void {
    if (this.#closed) return;
    const due = { dueAt: options.dueAt ?? this.#now(), priority: options.priority ?? 0 };
    const run = this.#runs.get(key);
    if (run === undefined) {
      this.#rings.add(key, due);
      this.#wake();
    } else {
      run.again = join(run.again, due);
    }
  }

  work(handler: Handler, { concurrency }: { concurrency: number }): void {
    if (this.#handler !== undefined) throw new Error("the queue has a handler already");
    this.#handler = handler;
    this.#concurrency = concurrency;
    this.#wake();
  }

  async idle(): Promise<void> {
    while (!this.#isQuiet()) await this.#quiet.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#nap);
    this.#settle();
    if (await this.#drained()) return;
    for (const run of this.#runs.values()) run.abort.abort(new Error("the queue is closing"));
    if (await this.#drained()) return;
    for (const key of this.#runs.keys()) this.#onError(new Error("the handler did not stop when it was aborted"), key);
  }

  /** Pumps once after the current events, so that a burst of rings is ordered before the first of them runs. */
  #wake(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closed || this.#handler === undefined) return;
    while (this.#runs.size < this.#concurrency) {
      const key = this.#rings.take(this.#now());
      if (key === undefined) break;
      void this.#run(key, this.#handler);
    }
    this.#napUntilDue();
    this.#settle();
  }

  async #run(key: string, handler: Handler): Promise<void> {
    const run: Run = { abort: new AbortController(), again: undefined };
    this.#runs.set(key, run);
    try {
      await handler(key, run.abort.signal);
    } catch (error) {
      this.#onError(error, key);
    } finally {
      this.#runs.delete(key);
      if (run.again !== undefined) this.#rings.add(key, run.again);
      this.#wake();
      this.#settle();
    }
  }

  #napUntilDue(): void {
    clearTimeout(this.#nap);
    const dueAt = this.#rings.nextDueAt();
    // With every slot taken, the run that ends first wakes us.
    if (dueAt === undefined || this.#runs.size >= this.#concurrency) return;
    const napMs = Math.min(Math.max(dueAt - this.#now(), 0), MAX_NAP_MS);
    this.#nap = setTimeout(() => {
      this.#pump();
    }, napMs).unref();
  }

  #isQuiet(): boolean {
    return this.#runs.size === 0 && (this.#closed || !this.#rings.hasDue(this.#now()));
  }

  #settle(): void {
    if (!this.#isQuiet()) return;
    this.#quiet.resolve(undefined);
    this.#quiet = Promise.withResolvers<undefined>();
  }

  /** Waits until nothing runs, at most for the grace time; returns whether nothing runs. */
  async #drained(): Promise<boolean> {
    if (this.#runs.size === 0) return true;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, this.#graceMs, undefined);
    await Promise.race([this.idle(), promise]);
    clearTimeout(timer);
    return this.#runs.size === 0;
  }
}
