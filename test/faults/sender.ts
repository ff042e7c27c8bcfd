import { randomUUID } from "node:crypto";
import type { LogEvent } from "../fakes/okta/types.ts";
import type { Told } from "./told.ts";
import type { FaultWorld } from "./world.ts";

/** As long as Okta waits. */
const TIMEOUT_MS = 3_000;

/** Posts events as Okta does, at most twice, and notes what was acknowledged. */
export class Sender {
  readonly #world: FaultWorld;
  readonly #told: Told;
  readonly #flights = new Set<Promise<void>>();
  #seen = 0;
  posted = 0;

  constructor(world: FaultWorld, told: Told) {
    this.#world = world;
    this.#told = told;
  }

  /** Requests whose answer is still awaited. */
  get underWay(): number {
    return this.#flights.size;
  }

  /** Sends without waiting. */
  post(events: readonly LogEvent[], doubled: boolean): void {
    const body = JSON.stringify({
      eventType: "com.okta.event_hook",
      eventTypeVersion: "1.0",
      eventId: randomUUID(),
      data: { events },
    });
    const ids = events.map(({ uuid }) => uuid);
    for (let copy = 0; copy < (doubled ? 2 : 1); copy++) {
      this.posted += 1;
      const flight = this.#send(body, ids).finally(() => this.#flights.delete(flight));
      this.#flights.add(flight);
    }
  }

  /** Resolves when no post of our own is under way, and takes notice of what Okta's deliverer has reached. */
  async settled(): Promise<void> {
    await Promise.all(this.#flights);
    this.#collect();
  }

  async #send(body: string, ids: readonly string[]): Promise<void> {
    const { hookUrl, secret } = this.#world;
    try {
      const response = await fetch(hookUrl, {
        method: "POST",
        headers: { authorization: secret, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) this.#told.acknowledge(ids);
      await response.body?.cancel();
    } catch {
      // Killed in the middle: not acknowledged, so nothing is owed for it.
    }
  }

  #collect(): void {
    const { deliveries } = this.#world.okta.hooks;
    for (const { status, eventIds } of deliveries.slice(this.#seen)) {
      if (status === 200 || status === 204) this.#told.acknowledge(eventIds);
    }
    this.#seen = deliveries.length;
  }
}
