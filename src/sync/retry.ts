import type { BridgeError } from "../domain/errors.ts";

const FIRST_MS = 5_000;
const LONGEST_MS = 6 * 60 * 60 * 1000;
/** After this an operation is a dead letter: kept, listed, planned again by the next reconciliation. */
const GIVE_UP_MS = 3 * 24 * 60 * 60 * 1000;
/** Refused credentials are tried again slowly: somebody may repair them, and identity allows 10 calls a minute. */
const DENIED_MS = 5 * 60 * 1000;

/** When to try again after that many attempts: 5 s to 6 h, exponential, full jitter. */
export function backoffMs(attempts: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.max(500, Math.round(ceiling * random));
}

export type NextStep = { step: "retry"; inMs: number; counts: boolean } | { step: "give up" };

/** The one table that says what happens to an operation whose request failed. */
export function nextStep(error: BridgeError, attempts: number, ageMs: number, random = Math.random()): NextStep {
  if (error.code === "BITWARDEN_DENIED" || error.code === "DIRECTORY_DENIED") {
    return { step: "retry", inMs: DENIED_MS, counts: false };
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
