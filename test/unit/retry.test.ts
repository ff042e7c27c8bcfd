import { describe, expect, test } from "vitest";
import { BridgeError, type ErrorCode, type Retry } from "../../src/domain/errors.ts";
import type { OperationType } from "../../src/domain/operation.ts";
import { backoffMs, nextAttempt, nextStep, type Tried } from "../../src/sync/retry.ts";

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

test("refused credentials are tried again after ten seconds, then ever later up to five minutes, for ever", () => {
  const denied = failure("BITWARDEN_DENIED", "never");
  expect(nextStep(denied, 0, 0)).toEqual({ step: "retry", inMs: 10_000, counts: true });
  expect(nextStep(denied, 2, 0)).toEqual({ step: "retry", inMs: 40_000, counts: true });
  expect(nextStep(denied, 99, 1_000 * HOUR_MS)).toEqual({ step: "retry", inMs: 300_000, counts: true });
});

describe("an operation", () => {
  const now = 1_000_000 * HOUR_MS;
  const tried = (type: OperationType, facts: Partial<Tried> = {}): Tried => {
    return { type, attempts: 0, createdAt: now, releasedAt: now, ...facts };
  };
  const later = failure("BITWARDEN_UNREACHABLE", "later");

  test("grows old from its release on, not while it is held", () => {
    const held = { createdAt: now - 96 * HOUR_MS, releasedAt: now };
    expect(nextAttempt(later, tried("member.invite", held), now).step).toBe("retry");
    const old = { createdAt: now - 96 * HOUR_MS, releasedAt: null };
    expect(nextAttempt(later, tried("member.invite", old), now).step).toBe("give up");
  });

  test.each(["member.revoke", "member.remove", "membership.remove"] as const)(
    "%s is never given up, and waits no longer than an hour",
    (type) => {
      const redirected = failure("BITWARDEN_REFUSED", "never");
      const refused = failure("BITWARDEN_REFUSED", "after", HOUR_MS);
      expect(nextAttempt(redirected, tried(type), now)).toEqual({ step: "retry", inMs: 5_000, counts: true });
      expect(nextAttempt(redirected, tried(type, { attempts: 3 }), now)).toMatchObject({ inMs: 40_000 });
      expect(nextAttempt(refused, tried(type), now)).toMatchObject({ inMs: 5_000 });
      const ancient = { attempts: 30, releasedAt: now - 900 * HOUR_MS };
      for (const error of [redirected, refused, later]) {
        expect(nextAttempt(error, tried(type, ancient), now, 1)).toMatchObject({ step: "retry", inMs: HOUR_MS });
      }
    },
  );

  test("that is no revocation is given up when it must not be repeated", () => {
    expect(nextAttempt(failure("BITWARDEN_REFUSED", "never"), tried("member.restore"), now).step).toBe("give up");
  });

  test("that creates is not repeated while the server may still be at it", () => {
    const facts = { side: "bitwarden", message: "m", remedy: "r", retry: "later" } as const;
    const timedOut = new BridgeError({ ...facts, code: "BITWARDEN_UNKNOWN_OUTCOME", stillRunning: true });
    const reset = new BridgeError({ ...facts, code: "BITWARDEN_UNKNOWN_OUTCOME" });
    expect(nextAttempt(timedOut, tried("member.invite"), now, 0)).toMatchObject({ inMs: 30_000 });
    expect(nextAttempt(timedOut, tried("group.create"), now, 0)).toMatchObject({ inMs: 30_000 });
    expect(nextAttempt(timedOut, tried("member.revoke"), now, 0)).toMatchObject({ inMs: 500 });
    expect(nextAttempt(reset, tried("member.invite"), now, 0)).toMatchObject({ inMs: 500 });
  });
});
