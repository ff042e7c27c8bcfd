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
  readonly #flights = new Set<Promise<number | null>>();
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
    const body = envelopeOf(events);
    for (let copy = 0; copy < (doubled ? 2 : 1); copy++) {
      const flight = this.#send(body, events).finally(() => this.#flights.delete(flight));
      this.#flights.add(flight);
    }
  }

  /** Sends and waits: the status, or null without an answer. */
  deliver(events: readonly LogEvent[]): Promise<number | null> {
    return this.#send(envelopeOf(events), events);
  }

  /** Resolves when no post of our own is under way, and takes notice of what Okta's deliverer has reached. */
  async settled(): Promise<void> {
    await Promise.all(this.#flights);
    this.#collect();
  }

  async #send(body: string, events: readonly LogEvent[]): Promise<number | null> {
    const { hookUrl, secret } = this.#world;
    this.posted += 1;
    try {
      const response = await fetch(hookUrl, {
        method: "POST",
        headers: { authorization: secret, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) this.#told.acknowledge(events.map(({ uuid }) => uuid));
      await response.body?.cancel();
      return response.status;
    } catch {
      // Killed in the middle: not acknowledged, so nothing is owed for it.
      return null;
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

function envelopeOf(events: readonly LogEvent[]): string {
  return JSON.stringify({
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    eventId: randomUUID(),
    data: { events },
  });
}
