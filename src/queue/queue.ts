/** When and how urgently a key wants its handler. */
export interface RingOptions {
  /** Epoch milliseconds before which the handler must not start; absent or past: now. */
  dueAt?: number;
  /** Higher runs first among the keys that are due; absent: 0. */
  priority?: number;
}

/** Work on one key. The signal aborts when the queue is closed and the grace time has passed. */
export type Handler = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * A doorbell: it carries no payload, because the rows in the store are the truth. A ring promises
 * that a run of the handler for this key starts after it, and never two runs of one key at once.
 *
 * - Rings of one key that have not led to a run yet are one ring: the earliest `dueAt` and the
 *   highest `priority` win.
 * - Any number of rings during a run lead to exactly one more run.
 * - A handler that throws is reported and forgotten. Retries live in rows; a sweep rings them again.
 * - Disposing takes no new work, waits for running handlers for a grace time, then aborts their
 *   signals. Rings that have not led to a run are forgotten by an engine in process.
 */
export interface Queue extends AsyncDisposable {
  ring(key: string, options?: RingOptions): void | Promise<void>;
  /** Starts answering rings, at most `concurrency` keys at once. To be called once. */
  work(handler: Handler, options: { concurrency: number }): void | Promise<void>;
  /** Resolves when nothing runs and nothing is due now; rings due later do not count. */
  idle?(): Promise<void>;
}
