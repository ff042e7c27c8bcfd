import type { HookVerifier } from "../directories/verified.ts";
import type { HintedEvent } from "../domain/hint.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";

/** Where events go: one durable commit per call. */
interface Inbox {
  /** Resolves once events and hints are on disk; rejects when they are not. */
  accept(connection: string, events: readonly HintedEvent[]): Promise<{ accepted: number; duplicates: number }>;
}

/** What the receiver needs of the rest of the bridge. */
export interface ReceiverDeps {
  /** By the end of their address, e.g. `okta/okta-main`: only connections that take event hooks. */
  verifiers: ReadonlyMap<string, HookVerifier>;
  inbox: Inbox;
  /** Whether an event could be persisted now. */
  ready(): Promise<boolean>;
  /** Called after a commit that brought something new; rings the doorbell. */
  onAccepted(connection: string): void;
  log: Log;
  metrics: Pick<Metrics, "hookEvents">;
  /** Exact number of reverse proxies in front; 0: none, forwarded addresses are ignored. */
  trustProxy: number;
  /** Refused requests per minute and address before they are answered 429 instead; verified ones never are. */
  refusalsPerMinute?: number;
}
