import { expect, test } from "vitest";
import { ImportSize } from "../../src/sync/deliver/import-size.ts";

const NOW = 1_000_000;

/** Imports of a server that takes so many milliseconds a person, until everybody is in. */
function carryOut(size: ImportSize, people: number, msEach: number): number[] {
  const taken: number[] = [];
  for (let left = people; left > 0;) {
    const count = Math.min(left, size.count(NOW));
    taken.push(count * msEach);
    size.took(count, count * msEach);
    left -= count;
  }
  return taken;
}

test("a server that mails for 100 ms a person inside the request never takes longer than aimed at", () => {
  const taken = carryOut(new ImportSize(), 1_500, 100);
  expect(Math.max(...taken)).toBeLessThanOrEqual(20_000);
  expect(taken.length).toBeLessThanOrEqual(10);
});

test("a quick server soon gets a thousand at once, and never more", () => {
  const size = new ImportSize();
  expect(carryOut(size, 11_000, 0.5).length).toBeLessThanOrEqual(14);
  expect(size.count(NOW)).toBe(1_000);
});

test("a slower one gets fewer next time, one that timed out half, and at least one person", () => {
  const size = new ImportSize();
  size.took(100, 60_000);
  expect(size.count(NOW)).toBe(33);
  size.timedOut(33);
  expect(size.count(NOW)).toBe(17);
  for (let round = 0; round < 10; round += 1) size.timedOut(size.count(NOW));
  expect(size.count(NOW)).toBe(1);
});

test("what timed out is not tried again soon, however quick smaller ones are", () => {
  const size = new ImportSize();
  size.timedOut(100);
  expect(size.count(NOW)).toBe(50);
  const counts = Array.from({ length: 12 }, () => {
    const count = size.count(NOW);
    size.took(count, 10);
    return count;
  });
  expect(counts[1]).toBeLessThan(60);
  expect(counts.filter((count) => count < 100).length).toBeGreaterThanOrEqual(7);
  expect(counts.at(-1)).toBeGreaterThan(100);
});

test("a small rest says nothing about a full import", () => {
  const size = new ImportSize();
  size.took(3, 10);
  expect(size.count(NOW)).toBe(100);
  size.took(3, 5_000);
  expect(size.count(NOW)).toBe(100);
});

test("who fits into the seats is found by halves, and asked anew after a while", () => {
  const size = new ImportSize();
  let free = 39;
  let imports = 0;
  for (let waiting = 60; waiting > 0;) {
    const count = Math.min(waiting, size.count(NOW));
    imports += 1;
    if (count <= free) {
      free -= count;
      waiting -= count;
      size.took(count, 10);
    } else if (!size.noSeats(count, NOW)) break;
  }
  expect(free).toBe(0);
  expect(imports).toBeLessThanOrEqual(12);
  expect(size.count(NOW)).toBe(1);
  expect(size.count(NOW + 6 * 60_000)).toBeGreaterThanOrEqual(60);
});

test("bytes are halved down to a size below which it is no use", () => {
  const size = new ImportSize();
  expect(size.bytes).toBe(5_000_000);
  expect(size.tooLarge(3_000_000)).toBe(true);
  expect(size.bytes).toBe(1_500_000);
  for (let round = 0; round < 10; round += 1) size.tooLarge(size.bytes);
  expect(size.tooLarge(size.bytes)).toBe(false);
});
