import type { BridgeError } from "../domain/errors.ts";
import { isRevocation, type OperationType } from "../domain/operation.ts";

const FIRST_MS = 5_000;
const LONGEST_MS = 6 * 60 * 60 * 1000;
/** After this an operation is a dead letter: kept, listed, planned again by the next reconciliation. */
const GIVE_UP_MS = 3 * 24 * 60 * 60 * 1000;
/** Who must lose access keeps it until this succeeds. */
const LONGEST_REVOCATION_MS = 60 * 60 * 1000;
/** Refused credentials: somebody may repair them soon, and identity allows 10 calls a minute. */
const FIRST_DENIED_MS = 10_000;
const LONGEST_DENIED_MS = 5 * 60 * 1000;
/** A server that may still be creating somebody must not be asked to create them once more. */
const STILL_RUNNING_MS = 30_000;

/** When to try again after that many attempts: 5 s to 6 h, exponential, full jitter. */
export function backoffMs(attempts: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.max(500, Math.round(ceiling * random));
}

/** The longest wait that the table below gives, in milliseconds. */
export const LONGEST_WAIT_MS = { revocation: LONGEST_REVOCATION_MS, other: LONGEST_MS };

export type NextStep = { step: "retry"; inMs: number; counts: boolean } | { step: "give up" };

/** What happens after a failure, by its `retry`. */
export function nextStep(error: BridgeError, attempts: number, ageMs: number, random = Math.random()): NextStep {
  if (error.code === "BITWARDEN_DENIED" || error.code === "DIRECTORY_DENIED") {
    const inMs = Math.min(LONGEST_DENIED_MS, FIRST_DENIED_MS * 2 ** Math.min(attempts, 10));
    return { step: "retry", inMs, counts: true };
  }
  switch (error.retry) {
    case "never":
      return { step: "give up" };
    case "after":
      return { step: "retry", inMs: error.retryAfterMs ?? backoffMs(attempts, random), counts: false };
    case "later":
      return ageMs > GIVE_UP_MS
        ? { step: "give up" }
        : { step: "retry", inMs: backoffMs(attempts, random), counts: true };
  }
}

/** What the table needs to know of an operation. All times are epoch ms. */
export interface Tried {
  type: OperationType;
  attempts: number;
  createdAt: number;
  /** Held operations may wait for days before their first attempt. */
  releasedAt: number | null;
}

/**
 * The one table that says what happens to an operation whose request failed. What takes access away is never given
 * up, whatever the failure; what creates waits until a request that may still be under way has ended.
 */
export function nextAttempt(error: BridgeError, tried: Tried, now: number, random = Math.random()): NextStep {
  const next = nextStep(error, tried.attempts, now - (tried.releasedAt ?? tried.createdAt), random);
  if (isRevocation(tried.type)) {
    // A refusal that comes with an hour's patience is not worth an hour of somebody's access.
    if (next.step === "give up" || error.code === "BITWARDEN_REFUSED") {
      const inMs = Math.min(LONGEST_REVOCATION_MS, FIRST_MS * 2 ** Math.min(tried.attempts, 20));
      return { step: "retry", inMs, counts: true };
    }
    return { ...next, inMs: Math.min(next.inMs, LONGEST_REVOCATION_MS) };
  }
  const creates = tried.type === "member.invite" || tried.type === "group.create";
  if (next.step === "retry" && creates && error.stillRunning) {
    return { ...next, inMs: Math.max(next.inMs, STILL_RUNNING_MS) };
  }
  return next;
}
