import { recommendedEvents } from "./event-types.ts";
import type { EventFeed } from "./feed.ts";
import { defaultKnobs, HookDeliverer } from "./hook-deliverer.ts";
import type { Delivery, HookKnobs } from "./hook-deliverer.ts";
import { hookTarget } from "./hook-registry.ts";
import type { EventHook, HookRegistry } from "./hook-registry.ts";
import type { LogEvent } from "./types.ts";

export interface HookRegistration {
  url: string;
  /** The header the secret travels in, `Authorization` unless given. */
  header?: string;
  secret: string;
  /** Event types; the thirteen recommended ones unless given. */
  events?: string[];
  /** Ask for the challenge first, as Okta does (default). Without it the hook counts as verified. */
  verify?: boolean;
}

/** Event hooks as a test sees them: register one, make them misbehave, look at what was delivered. */
export class OktaHooks {
  /** Every finished delivery, the failed and the lost ones too, in order of finishing. */
  readonly deliveries: Delivery[] = [];
  readonly #registry: HookRegistry;
  readonly #feed: EventFeed;
  readonly #baseUrl: () => string;
  readonly #signal: AbortSignal;
  readonly #deliverers = new Map<string, HookDeliverer>();
  readonly #waiting: (() => void)[] = [];
  #knobs: HookKnobs = defaultKnobs;
  #count = 0;

  constructor(registry: HookRegistry, feed: EventFeed, baseUrl: () => string, signal: AbortSignal) {
    this.#registry = registry;
    this.#feed = feed;
    this.#baseUrl = baseUrl;
    this.#signal = signal;
    feed.onEvent((event) => {
      this.#offer(event);
    });
  }

  /** Creates and verifies a hook, as an administrator does in the console. Returns its id; throws Okta's 400. */
  async register(wanted: HookRegistration): Promise<string> {
    const hook = this.#registry.create({
      name: `hook ${wanted.url}`,
      events: { type: "EVENT_TYPE", items: wanted.events ?? recommendedEvents },
      channel: {
        type: "HTTP",
        version: "1.0.0",
        config: {
          uri: wanted.url,
          headers: [],
          authScheme: { type: "HEADER", key: wanted.header ?? "Authorization", value: wanted.secret },
        },
      },
    });
    if (wanted.verify === false) hook.verificationStatus = "VERIFIED";
    else await this.#registry.verify(hook);
    return hook.id;
  }

  /** Changes some knobs; the others stay. A changed seed counts for hooks that have not sent anything yet. */
  configure(knobs: Partial<HookKnobs>): void {
    this.#knobs = { ...this.#knobs, ...knobs };
    this.#registry.timeoutMs = this.#knobs.timeoutMs;
  }

  /** Resolves when nothing waits, flies or will be retried. */
  async idle(): Promise<void> {
    if (!this.#busy()) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    for (const deliverer of this.#deliverers.values()) deliverer.stop();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #busy(): boolean {
    return [...this.#deliverers.values()].some((deliverer) => deliverer.busy);
  }

  /** Only hooks both ACTIVE and VERIFIED get events. */
  #offer(event: LogEvent): void {
    for (const hook of this.#registry.hooks.values()) {
      if (hook.status !== "ACTIVE" || hook.verificationStatus !== "VERIFIED") continue;
      if (hook.eventTypes.includes(event.eventType)) this.#delivererOf(hook).push(event);
    }
  }

  #delivererOf(hook: EventHook): HookDeliverer {
    const known = this.#deliverers.get(hook.id);
    if (known) return known;
    const deliverer = new HookDeliverer(hook, () => this.#knobs, {
      baseUrl: this.#baseUrl,
      signal: this.#signal,
      nextNumber: () => (this.#count += 1),
      onDelivered: (target, delivery) => {
        this.#delivered(target, delivery);
      },
      onIdle: () => {
        if (!this.#busy()) for (const resolve of this.#waiting.splice(0)) resolve();
      },
    });
    this.#deliverers.set(hook.id, deliverer);
    return deliverer;
  }

  /** Okta writes a delivery down only when it failed, and never sends that entry to a hook. */
  #delivered(hook: EventHook, delivery: Delivery): void {
    this.deliveries.push(delivery);
    const { status } = delivery;
    if (status === 200 || status === 204 || status === "lost" || this.#signal.aborted) return;
    const reason = typeof status === "number" ? `HTTP ${status.toFixed()}` : status;
    this.#feed.record("event_hook.delivery", [hookTarget(hook)], {
      only: "log",
      outcome: { result: "FAILURE", reason },
    });
  }
}
