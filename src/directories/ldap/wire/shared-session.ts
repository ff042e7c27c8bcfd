import type { Session } from "./session.ts";

/** Servers and firewalls cut idle clients; we leave first. */
const IDLE_MS = 20_000;

/**
 * One session for a burst of direct reads. A broken one is thrown away: the call that met the break
 * fails, and the next one opens a new connection with its own bind and proof.
 */
export class SharedSession implements AsyncDisposable {
  readonly #open: () => Promise<Session>;
  #current: Promise<Session> | null = null;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#users++;
    try {
      return await work(await this.#session());
    } finally {
      this.#users--;
      if (this.#users === 0) this.#idle = setTimeout(() => void this.#leave(), IDLE_MS).unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    await this.#leave();
  }

  async #session(): Promise<Session> {
    const current = this.#current;
    if (current !== null) {
      const session = await current;
      if (!session.broken) return session;
      if (this.#current === current) this.#current = null;
    }
    this.#current ??= this.#start();
    return this.#current;
  }

  async #start(): Promise<Session> {
    try {
      return await this.#open();
    } catch (thrown) {
      this.#current = null;
      throw thrown;
    }
  }

  async #leave(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    // One that never opened has nothing to close; its callers have got the error.
    const session = await current?.catch(() => null);
    await session?.[Symbol.asyncDispose]();
  }
}
