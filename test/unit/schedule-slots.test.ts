import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slotsOf } from "../../src/schedule/slots.ts";

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}

/** The first `count` slots after a moment. */
function following(cron: string, timezone: string, after: string, count: number): string[] {
  const slots = slotsOf({ cron, timezone });
  const found: string[] = [];
  for (let at = Date.parse(after); found.length < count;) {
    at = slots.next(at);
    found.push(iso(at));
  }
  return found;
}

describe("slots of an interval", () => {
  test("are aligned to the clock and not to the start of the process", () => {
    const slots = slotsOf({ everyMs: 300_000 });

    expect(iso(slots.next(Date.parse("2026-11-21T10:02:17Z")))).toBe("2026-11-21T10:05");
    expect(iso(slots.next(Date.parse("2026-11-21T10:05:00Z")))).toBe("2026-11-21T10:10");
    expect(iso(slots.previous(Date.parse("2026-11-21T10:05:00Z")))).toBe("2026-11-21T10:05");
    expect(iso(slots.previous(Date.parse("2026-11-21T10:04:59Z")))).toBe("2026-11-21T10:00");
  });

  test.each([0, 999, 1500.5, Number.NaN])("of %d ms are refused", (everyMs) => {
    expect(() => slotsOf({ everyMs })).toThrow("cannot be used");
  });
});

describe("slots of a cron expression", () => {
  test.each([
    ["0 3 * * *", ["2026-11-22T03:00", "2026-11-23T03:00"]],
    ["*/20 * * * *", ["2026-11-21T10:20", "2026-11-21T10:40"]],
    ["5,50 8-9 * * *", ["2026-11-22T08:05", "2026-11-22T08:50"]],
    ["0 0 1 jan,JUL *", ["2027-01-01T00:00", "2027-07-01T00:00"]],
    ["0 12 * * mon-fri", ["2026-11-23T12:00", "2026-11-24T12:00"]],
    ["0 12 * * 7", ["2026-11-22T12:00", "2026-11-29T12:00"]],
    ["0 0 24 * sun", ["2026-11-22T00:00", "2026-11-24T00:00"]],
    ["10/25 23 * * *", ["2026-11-21T23:10", "2026-11-21T23:35"]],
    ["0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]],
  ])("%s", (cron, expected) => {
    expect(following(cron, "UTC", "2026-11-21T10:00:00Z", 2)).toEqual(expected);
  });

  test("are read in the time zone that is named, whatever zone the machine has", () => {
    expect(following("0 3 * * *", "Asia/Kolkata", "2026-11-21T10:00:00Z", 1)).toEqual(["2026-11-21T21:30"]);
    expect(following("0 3 * * *", "America/New_York", "2026-11-21T10:00:00Z", 1)).toEqual(["2026-11-22T08:00"]);
  });

  test("that fall into the hour skipped in spring happen once, an hour later by the clock", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:30",
      "2026-03-30T00:30",
    ]);
  });

  test("that fall into the hour repeated in autumn happen once", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  test("of every hour leave out no hour when the clock changes", () => {
    const autumn = following("0 * * * *", "Europe/Berlin", "2026-10-24T22:30:00Z", 5);
    const spring = following("0 * * * *", "Europe/Berlin", "2026-03-28T22:30:00Z", 5);

    expect(autumn.map((slot) => slot.slice(11))).toEqual(["23:00", "00:00", "01:00", "02:00", "03:00"]);
    expect(spring.map((slot) => slot.slice(11))).toEqual(["23:00", "00:00", "01:00", "02:00", "03:00"]);
  });

  test("the previous slot and the next one enclose every moment, with no slot between", () => {
    const crons = fc.constantFrom("0 3 * * *", "30 2 * * sun", "*/7 1-3 * * *", "0 0 31 * *", "15 * * * *");
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe");
    const moments = fc.integer({ min: Date.parse("2025-01-01"), max: Date.parse("2028-01-01") });

    fc.assert(
      fc.property(crons, zones, moments, (cron, timezone, at) => {
        const slots = slotsOf({ cron, timezone });
        const previous = slots.previous(at);
        const next = slots.next(at);
        expect(previous).toBeLessThanOrEqual(at);
        expect(next).toBeGreaterThan(at);
        expect(slots.next(previous)).toBe(next);
        expect(slots.previous(next - 1)).toBe(previous);
        expect(slots.previous(next)).toBe(next);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["* * * *", "five fields"],
    ["0 0 3 * * *", "five fields"],
    ["60 * * * *", "wrong minute"],
    ["0 3 * * someday", "wrong day of week"],
    ["0 5-3 * * *", "wrong hour"],
    ["*/0 * * * *", "wrong minute"],
    ["x 1 1 1 1", "wrong minute"],
  ])("%s is refused", (cron, reason) => {
    expect(() => slotsOf({ cron, timezone: "UTC" })).toThrow(reason);
  });

  test("a day that never comes is refused instead of searched for ever", () => {
    expect(() => slotsOf({ cron: "0 3 30 2 *", timezone: "UTC" })).toThrow("never happens");
  });

  test("an unknown time zone is refused", () => {
    expect(() => slotsOf({ cron: "0 3 * * *", timezone: "Mars/Olympus" })).toThrow("Mars/Olympus");
  });
});
