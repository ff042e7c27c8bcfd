import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InProcessQueue } from "../../src/queue/in-process.ts";
import { queueSuite } from "./queue-suite.ts";

queueSuite({
  name: "in process",
  open: (options) => Promise.resolve(new InProcessQueue(options)),
  promptMs: 50,
});

describe("the doorbell in process, over long times", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function recorder(): { queue: InProcessQueue; starts: { key: string; at: number }[] } {
    const starts: { key: string; at: number }[] = [];
    const queue = new InProcessQueue({ onError: vi.fn() });
    queue.work((key) => Promise.resolve(void starts.push({ key, at: Date.now() })), { concurrency: 1 });
    return { queue, starts };
  }

  test("a ring due after more than 2^31 ms neither runs at once nor is lost", async () => {
    const { queue, starts } = recorder();
    const dueAt = Date.now() + 30 * 86_400_000;

    queue.ring("far", { dueAt });
    await vi.advanceTimersByTimeAsync(30 * 86_400_000 - 1);
    expect(starts).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);

    expect(starts).toEqual([{ key: "far", at: dueAt }]);
    await queue[Symbol.asyncDispose]();
  });

  test("a wall clock stepped forward is noticed within a minute", async () => {
    const { queue, starts } = recorder();
    queue.ring("soon", { dueAt: Date.now() + 3_600_000 });
    await vi.advanceTimersByTimeAsync(10);

    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(starts.map(({ key }) => key)).toEqual(["soon"]);
    await queue[Symbol.asyncDispose]();
  });

  test("nothing ticks while nothing waits, nor while every slot is taken", async () => {
    const gate = Promise.withResolvers<undefined>();
    const queue = new InProcessQueue({ onError: vi.fn() });
    queue.work(() => gate.promise, { concurrency: 1 });
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);

    queue.ring("runs");
    await vi.advanceTimersByTimeAsync(1);
    queue.ring("waits");
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);

    gate.resolve(undefined);
    await vi.advanceTimersByTimeAsync(1);
    await queue.idle();
    await queue[Symbol.asyncDispose]();
  });
});

describe("the doorbell in process", () => {
  test("is idle when nothing runs and nothing is due, whatever is due later", async () => {
    await using queue = new InProcessQueue({ onError: vi.fn() });
    const runs: string[] = [];
    queue.work((key) => Promise.resolve(void runs.push(key)), { concurrency: 2 });
    queue.ring("later", { dueAt: Date.now() + 3_600_000 });
    for (let i = 0; i < 100; i++) queue.ring(`key-${i}`);

    await queue.idle();

    expect(runs).toHaveLength(100);
  });

  test("a handler that ignores its abort is reported, and closing ends all the same", async () => {
    const errors: string[] = [];
    const queue = new InProcessQueue({ graceMs: 20, onError: (_error, key) => errors.push(key) });
    const started = Promise.withResolvers<undefined>();
    queue.work(
      () => {
        started.resolve(undefined);
        return Promise.withResolvers<undefined>().promise.then(() => undefined);
      },
      { concurrency: 1 },
    );
    queue.ring("stuck");
    await started.promise;

    await queue[Symbol.asyncDispose]();

    expect(errors).toEqual(["stuck"]);
  });

  test("100,000 keys are rung and answered within seconds", async () => {
    await using queue = new InProcessQueue({ onError: vi.fn() });
    const runs = new Set<string>();
    queue.work((key) => Promise.resolve(void runs.add(key)), { concurrency: 8 });

    for (let i = 0; i < 100_000; i++) queue.ring(`key-${i}`, { priority: i % 3 });
    await queue.idle();

    expect(runs.size).toBe(100_000);
  }, 10_000);

  test("a second handler is refused", async () => {
    await using queue = new InProcessQueue({ onError: vi.fn() });
    queue.work(() => Promise.resolve(), { concurrency: 1 });

    expect(() => {
      queue.work(() => Promise.resolve(), { concurrency: 1 });
    }).toThrow("has a handler already");
  });
});
