/** How one call is made: in its turn, when the gate is open, again after a 429, and abortable at every point. */
import { AsyncLocalStorage } from "node:async_hooks";
import PQueue from "p-queue";
import { BridgeError } from "../../domain/errors.ts";
import { toDirectoryError } from "./errors.ts";
import { createGate, MAX_WAIT_MS, throttleDelayMs } from "./throttle.ts";

/** Who asks, for errors and order. Direct reads go before the pages of a snapshot. */
export interface Ask {
  subject: string;
  signal: AbortSignal;
  urgent: boolean;
}

export interface Calls extends AsyncDisposable {
  /** Runs `send`; rejects with a BridgeError, or with the reason of the aborted signal. */
  make<T>(ask: Ask, send: () => Promise<T>): Promise<T>;
  /** The signal of the call that is being sent; the SDK has no parameter for it. */
  signal(): AbortSignal | undefined;
}

/** At most `concurrency` calls at once, all behind one gate. Disposing aborts what is under way. */
export function createCalls(concurrency: number): Calls {
  const queue = new PQueue({ concurrency });
  const gate = createGate();
  const closing = new AbortController();
  const inFlight = new AsyncLocalStorage<AbortSignal>();

  async function attempt<T>(signal: AbortSignal, subject: string, send: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + MAX_WAIT_MS;
    for (let tries = 1; ; tries += 1) {
      if (Date.now() + gate.remainingMs() > deadline) throw throttled(subject, gate.remainingMs());
      await gate.pass(signal);
      signal.throwIfAborted();
      try {
        return await inFlight.run(signal, send);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toDirectoryError(thrown, subject);
        if (error.code !== "DIRECTORY_THROTTLED") throw error;
        gate.close(throttleDelayMs(thrown, tries, Date.now(), Math.random()));
      }
    }
  }

  return {
    async make(ask, send) {
      const signal = AbortSignal.any([ask.signal, closing.signal]);
      return queue.add(() => attempt(signal, ask.subject, send), { priority: ask.urgent ? 1 : 0 });
    },
    signal: () => inFlight.getStore(),
    async [Symbol.asyncDispose]() {
      closing.abort(new Error("the Okta connection is closed"));
      await queue.onIdle();
    },
  };
}

function throttled(subject: string, retryAfterMs: number): BridgeError {
  return new BridgeError({
    code: "DIRECTORY_THROTTLED",
    side: "directory",
    message: `Okta's rate limit is used up for another ${Math.ceil(retryAfterMs / 1000)} s`,
    remedy: "The bridge tries again then. Raise the token's share of the rate limit in Okta if it repeats.",
    retry: "after",
    retryAfterMs,
    subject,
  });
}
