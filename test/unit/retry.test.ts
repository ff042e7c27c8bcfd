import { expect, test } from "vitest";
import { BridgeError, type ErrorCode, type Retry } from "../../src/domain/errors.ts";
import { backoffMs, nextStep } from "../../src/sync/retry.ts";

const HOUR_MS = 60 * 60 * 1000;

function failure(code: ErrorCode, retry: Retry, retryAfterMs?: number): BridgeError {
  const facts = { code, side: "bitwarden", message: "m", remedy: "r", retry } as const;
  return new BridgeError(retryAfterMs === undefined ? facts : { ...facts, retryAfterMs });
}

test("the ceiling of the back-off doubles from five seconds to six hours and never passes it", () => {
  expect(backoffMs(0, 1)).toBe(5_000);
  expect(backoffMs(3, 1)).toBe(40_000);
  expect(backoffMs(12, 1)).toBe(5_000 * 2 ** 12);
  expect(backoffMs(13, 1)).toBe(6 * HOUR_MS);
  expect(backoffMs(10_000, 1)).toBe(6 * HOUR_MS);
});

test("a lucky throw of the dice still waits half a second", () => {
  expect(backoffMs(0, 0)).toBe(500);
});

test("what must not be repeated is given up, what may is tried again until three days have passed", () => {
  expect(nextStep(failure("BITWARDEN_REFUSED", "never"), 0, 0)).toEqual({ step: "give up" });
  const later = failure("BITWARDEN_UNREACHABLE", "later");
  expect(nextStep(later, 0, 0, 1)).toEqual({ step: "retry", inMs: 5_000, counts: true });
  expect(nextStep(later, 0, 71 * HOUR_MS).step).toBe("retry");
  expect(nextStep(later, 0, 73 * HOUR_MS).step).toBe("give up");
});

test("a throttled request waits as long as the host asked, and does not count as an attempt", () => {
  const throttled = failure("BITWARDEN_THROTTLED", "after", 1_234);
  expect(nextStep(throttled, 5, 100 * HOUR_MS)).toEqual({ step: "retry", inMs: 1_234, counts: false });
});

test("refused credentials are tried again after five minutes, for ever", () => {
  const denied = failure("BITWARDEN_DENIED", "never");
  expect(nextStep(denied, 99, 1_000 * HOUR_MS)).toEqual({ step: "retry", inMs: 300_000, counts: false });
});
