import { randomUUID } from "node:crypto";
import { deservesRetry, exchange } from "./exchange.ts";
import type { ExchangeResult } from "./exchange.ts";
import type { EventHook } from "./hook-registry.ts";
import { seededRandom, shuffle } from "./random.ts";
import type { Random } from "./random.ts";
import type { LogEvent } from "./types.ts";

/** How badly the hooks behave. Everything is drawn from `seed`. */
export interface HookKnobs {
  /** Probability that a POST is sent once more. */
  doubled: number;
  /** Events overtake each other, within a POST and between POSTs (by up to `spreadMs`). */
  unordered: boolean;
  spreadMs: number;
  /** How long after the change the POST leaves. */
  delayMs: number;
  /** Probability that a POST is never sent: delivery is best effort. */
  lossRate: number;
  seed: number;
  /** Events this close in time share one POST, but no more than `maxBatch` of them. */
  batchMs: number;
  maxBatch: number;
  /** Okta waits three seconds; shorter only where a test is in a hurry. */
  timeoutMs: number;
  /** POSTs under way to one hook at the same time. */
  parallel: number;
}

export const defaultKnobs: HookKnobs = {
  doubled: 0,
  unordered: false,
  spreadMs: 50,
  delayMs: 0,
  lossRate: 0,
  seed: 1,
  batchMs: 10,
  maxBatch: 100,
  timeoutMs: 3_000,
  parallel: 8,
};

export interface Delivery {
  n: number;
  /** Start of the first attempt, ISO 8601. */
  at: string;
  hookId: string;
  /** The envelope's `eventId`: names the delivery and stays the same in its retry. */
  deliveryId: string;
  /** The `uuid`s of the events inside. */
  eventIds: string[];
  /** The last answer, or why there was none. */
  status: number | "timeout" | "failed" | "lost";
  attempts: number;
  /** From the first attempt to the last answer. */
  ms: number;
}

/** Sends the events of one hook: batches, misbehaves as told, retries as Okta does. */
export class HookDeliverer {
  readonly #hook: EventHook;
  readonly #knobs: () => HookKnobs;
  readonly #context: DelivererContext;
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #batches: LogEvent[][] = [];
  #pending: LogEvent[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #running = 0;

  constructor(hook: EventHook, knobs: () => HookKnobs, context: DelivererContext) {
    this.#hook = hook;
    this.#knobs = knobs;
    this.#context = context;
    this.#random = seededRandom(knobs().seed);
  }

  get busy(): boolean {
    return this.#timers.size + this.#batches.length + this.#pending.length + this.#running > 0;
  }

  push(event: LogEvent): void {
    const { delayMs, unordered, spreadMs } = this.#knobs();
    const waitMs = delayMs + (unordered ? this.#random() * spreadMs : 0);
    if (waitMs === 0) {
      this.#collect(event);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#collect(event);
    }, waitMs);
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#flushTimer);
    this.#timers.clear();
    this.#pending = [];
    this.#batches.length = 0;
  }

  #collect(event: LogEvent): void {
    this.#pending.push(event);
    this.#flushTimer ??= setTimeout(() => {
      this.#flush();
    }, this.#knobs().batchMs);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const { unordered, maxBatch, doubled } = this.#knobs();
    const events = unordered ? shuffle(this.#random, this.#pending) : this.#pending;
    this.#pending = [];
    for (let start = 0; start < events.length; start += maxBatch) {
      const batch = events.slice(start, start + maxBatch);
      this.#batches.push(batch);
      if (this.#random() < doubled) this.#batches.push(batch);
    }
    if (unordered) shuffle(this.#random, this.#batches);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < this.#knobs().parallel) {
      const batch = this.#batches.shift();
      if (!batch) break;
      this.#running += 1;
      void this.#deliver(batch).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
    if (!this.busy) this.#context.onIdle();
  }

  async #deliver(events: LogEvent[]): Promise<void> {
    const startMs = Date.now();
    const envelope = envelopeOf(this.#hook, events, this.#context.baseUrl());
    const delivery: Delivery = {
      n: this.#context.nextNumber(),
      at: new Date(startMs).toISOString(),
      hookId: this.#hook.id,
      deliveryId: envelope.eventId,
      eventIds: events.map((event) => event.uuid),
      status: "lost",
      attempts: 0,
      ms: 0,
    };
    if (this.#random() >= this.#knobs().lossRate) {
      const body = JSON.stringify(envelope);
      let result = await this.#post(body);
      delivery.attempts = 1;
      if (deservesRetry(result) && !this.#context.signal.aborted) {
        result = await this.#post(body);
        delivery.attempts = 2;
      }
      delivery.status = result.kind === "answered" ? result.status : result.kind;
    }
    delivery.ms = Date.now() - startMs;
    this.#context.onDelivered(this.#hook, delivery);
  }

  #post(body: string): Promise<ExchangeResult> {
    const { uri: url, headers, auth } = this.#hook;
    const own = { accept: "application/json", "content-type": "application/json", "user-agent": "Okta-Hooks/emulator" };
    const configured = Object.fromEntries([...headers, ...(auth ? [auth] : [])].map(({ key, value }) => [key, value]));
    const { timeoutMs } = this.#knobs();
    const sent = { ...own, ...configured };
    return exchange({ method: "POST", url, headers: sent, body, timeoutMs, signal: this.#context.signal });
  }
}

export interface DelivererContext {
  baseUrl(): string;
  nextNumber(): number;
  onDelivered(hook: EventHook, delivery: Delivery): void;
  onIdle(): void;
  signal: AbortSignal;
}

/** The CloudEvents-like envelope; `eventId` names the delivery, the events have uuids of their own. */
function envelopeOf(hook: EventHook, events: LogEvent[], baseUrl: string) {
  return {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: `${baseUrl}/api/v1/eventHooks/${hook.id}`,
    eventId: randomUUID(),
    data: { events },
    eventTime: new Date().toISOString(),
    contentType: "application/json",
  };
}
