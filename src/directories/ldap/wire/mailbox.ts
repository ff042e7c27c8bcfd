import type { Reply } from "./decode.ts";

/**
 * The replies to one request: filled by the socket, emptied by the caller. An error overtakes the
 * replies that were not taken yet, because a part of an answer is no answer.
 */
export class Mailbox {
  #replies: Reply[] = [];
  #failure: Error | null = null;
  #wake: () => void = nothing;

  get size(): number {
    return this.#replies.length;
  }

  push(reply: Reply): void {
    this.#replies.push(reply);
    this.#wake();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#replies = [];
    this.#wake();
  }

  /** Everything that has arrived; waits while that is nothing, at most `timeoutMs`, then calls `onTimeout`. */
  async take(timeoutMs: number, onTimeout: () => void): Promise<Reply[]> {
    if (this.#replies.length === 0 && this.#failure === null) {
      const waiting = Promise.withResolvers<undefined>();
      this.#wake = () => {
        waiting.resolve(undefined);
      };
      const timer = setTimeout(onTimeout, timeoutMs);
      await waiting.promise;
      clearTimeout(timer);
      this.#wake = nothing;
    }
    if (this.#failure !== null) throw this.#failure;
    const taken = this.#replies;
    this.#replies = [];
    return taken;
  }
}

function nothing(): void {
  // nobody is waiting
}
