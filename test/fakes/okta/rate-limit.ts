import { tooManyRequests } from "./errors.ts";
import type { OktaApiFault } from "./errors.ts";

/** Okta counts calls in buckets by endpoint; `other` is everything else under /api/v1. */
export type Bucket = "users" | "user" | "groups" | "group" | "logs" | "other";

export interface RateLimit {
  /** Calls per window: one number for all buckets, or some buckets (the others keep Okta's published numbers). */
  perMinute: number | Partial<Record<Bucket, number>>;
  /** Length of the window; a minute unless a test is in a hurry. */
  windowMs?: number;
}

/** Last published numbers of the Workforce plan (rl-global-mgmt). */
const published: Record<Bucket, number> = { users: 600, user: 2000, groups: 500, group: 1000, logs: 120, other: 1200 };

/** Counts calls, makes the X-Rate-Limit headers of every answer, and refuses calls when told to enforce. */
export class RateLimiter {
  /** `undefined`: the headers count, but nothing is refused. May be changed while running. */
  limit: RateLimit | undefined;
  /** Calls allowed at the same moment; `undefined`: any number. */
  concurrency: number | undefined;
  readonly #windows = new Map<Bucket, { startMs: number; calls: number }>();
  #running = 0;

  constructor(limit: RateLimit | undefined, concurrency: number | undefined) {
    this.limit = limit;
    this.concurrency = concurrency;
  }

  /** Counts one call and returns its headers; throws the 429 when it is one too many. */
  count(bucket: Bucket): Record<string, string> {
    const windowMs = this.limit?.windowMs ?? 60_000;
    const allowed = this.#allowed(bucket);
    const nowMs = Date.now();
    let window = this.#windows.get(bucket);
    // Windows start with the first call, not with the minute of the clock.
    if (!window || nowMs >= window.startMs + windowMs) window = { startMs: nowMs, calls: 0 };
    this.#windows.set(bucket, window);
    window.calls += 1;
    const remaining = Math.max(0, allowed - window.calls);
    const headers = rateHeaders(allowed, remaining, window.startMs + windowMs);
    if (this.limit && window.calls > allowed) throw tooManyRequests(headers);
    return headers;
  }

  /** Takes a place among the simultaneous calls and returns how to leave it; throws the other 429 when none is free. */
  enter(): () => void {
    if (this.concurrency !== undefined && this.#running >= this.concurrency) throw concurrencyExceeded();
    this.#running += 1;
    return () => {
      this.#running -= 1;
    };
  }

  #allowed(bucket: Bucket): number {
    const perMinute = this.limit?.perMinute;
    return typeof perMinute === "number" ? perMinute : (perMinute?.[bucket] ?? published[bucket]);
  }
}

/** The concurrency kind: Limit 0, and a reset that says nothing because it has already passed. */
export function concurrencyExceeded(): OktaApiFault {
  return tooManyRequests(rateHeaders(0, 0, Date.now() - 2_000));
}

/** The reset is in whole epoch seconds. */
export function rateHeaders(limit: number, remaining: number, resetMs: number): Record<string, string> {
  return {
    "X-Rate-Limit-Limit": limit.toFixed(),
    "X-Rate-Limit-Remaining": remaining.toFixed(),
    "X-Rate-Limit-Reset": Math.ceil(resetMs / 1000).toFixed(),
  };
}
