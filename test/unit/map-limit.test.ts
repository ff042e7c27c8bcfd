import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapLimit } from "../../src/lib/map-limit.ts";

test("results keep the order of the items, and never more than the limit run at once", async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimit([5, 1, 4, 2, 3], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn += 1) await setImmediate();
    running -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test("the first failure is the answer, and nothing new is begun after it", async () => {
  const begun: number[] = [];
  const work = mapLimit([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    await setImmediate();
    if (item === 2) throw new Error("two");
  });
  await expect(work).rejects.toThrow("two");
  await setImmediate();
  expect(begun.length).toBeLessThan(5);
});

test("no items, no work", async () => {
  expect(await mapLimit([], 8, () => Promise.reject(new Error("called")))).toEqual([]);
});
