import { describe, expect, test } from "vitest";
import { median, percentile, rounded } from "../support/statistics.ts";
import { atLeast, atMost, judge, jsonLine, table } from "../load/report.ts";

describe("percentiles", () => {
  const oneToHundred = Array.from({ length: 100 }, (_, at) => 100 - at);

  test("are the nearest rank of the sorted samples", () => {
    expect(percentile(oneToHundred, 0.5)).toBe(50);
    expect(percentile(oneToHundred, 0.99)).toBe(99);
    expect(percentile(oneToHundred, 1)).toBe(100);
    expect(percentile([7], 0.999)).toBe(7);
  });

  test("leave the samples in their order", () => {
    const samples = [3, 1, 2];
    percentile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });

  test("the median of an even number of samples is between the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([9, 1, 5])).toBe(5);
  });

  test("of nothing are not a number", () => {
    expect(percentile([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });

  test("are shown with few decimals", () => {
    expect(rounded(1.2345, 2)).toBe(1.23);
    expect(rounded(1.5)).toBe(2);
  });
});

describe("budgets", () => {
  test("hold on the limit itself and break beyond it", () => {
    expect([atMost(3, 3).ok, atMost(3, 3.0001).ok]).toEqual([true, false]);
    expect([atLeast(0.5, 0.5).ok, atLeast(0.5, 0.4999).ok]).toEqual([true, false]);
  });

  test("are missed by what could not be measured", () => {
    expect([atMost(3, Number.NaN).ok, atLeast(3, Number.NaN).ok]).toEqual([false, false]);
  });

  test("one that is missed fails the whole report, whatever else was kept", () => {
    const kept = atMost(250, 10);
    expect(judge("canary", {}, { kept, other: kept }).ok).toBe(true);
    expect(judge("canary", {}, { kept, missed: atMost(250, 251), other: kept }).ok).toBe(false);
  });

  test("a report without any judges nothing and is not ok", () => {
    expect(judge("canary", { requests: 5 }, {}).ok).toBe(false);
  });

  test("a missed one is named in the table", () => {
    const lines = table(judge("canary", { people: 5 }, { reads: atMost(3, 9) })).split("\n");
    expect(lines[0]).toBe("canary: a budget is MISSED");
    expect(lines).toContain("  people             5");
    expect(lines.at(-1)).toBe("  reads (at most 3)  9  MISSED");
  });
});

test("the line for machines is one line with name, ok, metrics and budgets", () => {
  const line = jsonLine(judge("canary", { people: 5 }, { reads: atMost(3, 2) }));
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toEqual({
    name: "canary",
    ok: true,
    metrics: { people: 5 },
    budgets: { reads: { actual: 2, limit: 3, rule: "at most", ok: true } },
  });
});
