/** One gate per connection: when one call is told 429, every call of the connection waits (Okta's buckets are shared). */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** Longest wait for a rate limit inside one call; Okta's windows are about 60 s (https://developer.okta.com/docs/reference/rate-limits/). */
export const MAX_WAIT_MS = 90_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;

export interface Gate {
  /** Keeps the gate closed for at least this long from now. */
  close(delayMs: number): void;
  /** Milliseconds until it opens; 0 when open. */
  remainingMs(): number;
  /** Resolves when the gate is open; rejects with the signal's reason when it aborts first. */
  pass(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let openAt = 0;
  const remainingMs = (): number => Math.max(0, openAt - Date.now());
  return {
    close(delayMs) {
      openAt = Math.max(openAt, Date.now() + delayMs);
    },
    remainingMs,
    async pass(signal) {
      // A loop, because another call may push the gate while this one waits.
      while (remainingMs() > 0) {
        // timers/promises rejects with its own AbortError; callers know the signal's reason.
        await sleep(remainingMs(), undefined, { signal }).catch(() => {
          signal.throwIfAborted();
        });
      }
    },
  };
}

const headersSchema = z.object({
  headers: z.custom<{ get(name: string): string | null }>(
    (value) => typeof value === "object" && value !== null && "get" in value && typeof value.get === "function",
  ),
});

/**
 * How long to wait after a 429, in milliseconds: until `X-Rate-Limit-Reset` by the server's own clock plus a
 * second, or, where that says nothing (`X-Rate-Limit-Limit: 0` is the concurrency limit, whose reset is only an
 * estimate; absent, past or doubled headers), a doubling back-off. Jittered by up to half.
 */
export function throttleDelayMs(thrown: unknown, attempt: number, nowMs: number, random: number): number {
  const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  const jittered = backoffMs * (1 + random / 2);
  const parsed = headersSchema.safeParse(thrown);
  if (!parsed.success) return jittered;
  const { headers } = parsed.data;
  const resetSeconds = headers.get("x-rate-limit-reset") ?? "";
  if (headers.get("x-rate-limit-limit") === "0" || !/^\d+$/.test(resetSeconds)) return jittered;
  const serverNowMs = Date.parse(headers.get("date") ?? "");
  const untilResetMs = Number(resetSeconds) * 1000 - (Number.isNaN(serverNowMs) ? nowMs : serverNowMs);
  return untilResetMs > 0 ? untilResetMs + 1000 * (1 + random / 2) : jittered;
}
