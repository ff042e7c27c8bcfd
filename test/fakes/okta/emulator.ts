import type { OktaAdmin } from "./admin.ts";
import type { FaultPlan } from "./faults.ts";
import type { HistoryEntry } from "./handle.ts";
import type { OktaHooks } from "./hooks.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { OktaState } from "./state.ts";
import type { OktaDump } from "./types.ts";

/** A running Okta org. */
export interface OktaEmulator extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly state: OktaState;
  readonly admin: OktaAdmin;
  readonly hooks: OktaHooks;
  readonly faults: FaultPlan;
  readonly limiter: RateLimiter;
  readonly history: HistoryEntry[];
  setLatency(latencyMs: number): void;
  dump(): OktaDump;
  stop(): Promise<void>;
}
