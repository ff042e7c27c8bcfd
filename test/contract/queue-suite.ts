import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { Queue } from "../../src/queue/queue.ts";

export interface QueueEngine {
  name: string;
  open(options: { onError: (error: unknown, key: string) => void; graceMs: number }): Promise<Queue>;
  /** How long an idle key may take to start, in milliseconds. */
  promptMs: number;
}

interface Bench extends AsyncDisposable {
  queue: Queue;
  errors: { key: string; error: unknown }[];
}

async function bench(engine: QueueEngine, graceMs = 5_000): Promise<Bench> {
  const errors: Bench["errors"] = [];
  const queue = await engine.open({ graceMs, onError: (error, key) => errors.push({ key, error }) });
  return { queue, errors, [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
}

/** What every engine of the doorbell promises. */
export function queueSuite(engine: QueueEngine): void {
  describe(`the doorbell, ${engine.name}`, () => {
    orderOfRuns(engine);
    oneRunPerKey(engine);
    failures(engine);
    closing(engine);
    anyRings(engine);
  });
}

function orderOfRuns(engine: QueueEngine): void {
  test("an idle key starts promptly", async () => {
    await using on = await bench(engine);
    const started = Promise.withResolvers<number>();
    await on.queue.work(
      async () => {
        started.resolve(performance.now());
      },
      { concurrency: 1 },
    );
    await sleep(20);

    const rungAt = performance.now();
    await on.queue.ring("a");

    expect((await started.promise) - rungAt).toBeLessThan(engine.promptMs);
  });

  test("a ring due later does not run before its time, and an earlier ring wins", async () => {
    await using on = await bench(engine);
    const starts = new Map<string, number>();
    await on.queue.work((key) => Promise.resolve(void starts.set(key, Date.now())), { concurrency: 2 });
    const dueAt = Date.now() + 200;

    await on.queue.ring("later", { dueAt });
    await on.queue.ring("moved", { dueAt: Date.now() + 3_600_000 });
    await on.queue.ring("moved", { dueAt });
    await on.queue.ring("now", { dueAt });
    await on.queue.ring("now");

    await vi.waitFor(() => expect([...starts.keys()].sort()).toEqual(["later", "moved", "now"]), { timeout: 10_000 });
    expect(starts.get("later")).toBeGreaterThanOrEqual(dueAt);
    expect(starts.get("moved")).toBeGreaterThanOrEqual(dueAt);
    expect(starts.get("now")).toBeLessThan(dueAt);
  });

  test("the most urgent due key runs first, and the highest priority rung wins", async () => {
    await using on = await bench(engine);
    const order: string[] = [];

    for (const key of ["first", "second", "raised"]) await on.queue.ring(key);
    await on.queue.ring("urgent", { priority: 5 });
    await on.queue.ring("raised", { priority: 9 });
    await on.queue.ring("raised", { priority: 1 });
    await on.queue.work((key) => Promise.resolve(void order.push(key)), { concurrency: 1 });

    await vi.waitFor(() => expect(order).toEqual(["raised", "urgent", "first", "second"]), { timeout: 10_000 });
  });

  test("no more keys run at once than the concurrency allows", async () => {
    await using on = await bench(engine);
    let running = 0;
    let most = 0;
    let done = 0;
    await on.queue.work(
      async () => {
        most = Math.max(most, ++running);
        await sleep(10);
        running--;
        done++;
      },
      { concurrency: 3 },
    );

    for (let i = 0; i < 12; i++) await on.queue.ring(`key-${i}`);

    await vi.waitFor(() => expect(done).toBe(12), { timeout: 20_000 });
    expect(most).toBe(3);
  });
}

function oneRunPerKey(engine: QueueEngine): void {
  test("any number of rings before a run are one run", async () => {
    await using on = await bench(engine);
    const runs: string[] = [];

    for (let i = 0; i < 50; i++) await on.queue.ring("a");
    await on.queue.ring("b");
    await on.queue.work((key) => Promise.resolve(void runs.push(key)), { concurrency: 1 });

    await vi.waitFor(() => expect(runs).toContain("b"), { timeout: 10_000 });
    await sleep(2 * engine.promptMs);
    expect(runs.sort()).toEqual(["a", "b"]);
  });

  test("any number of rings during a run lead to exactly one more run, after it", async () => {
    await using on = await bench(engine);
    const gate = Promise.withResolvers<undefined>();
    let running = 0;
    let most = 0;
    let runs = 0;
    await on.queue.work(
      async () => {
        most = Math.max(most, ++running);
        if (++runs === 1) await gate.promise;
        running--;
      },
      { concurrency: 4 },
    );

    await on.queue.ring("a");
    await vi.waitFor(() => expect(runs).toBe(1), { timeout: 10_000 });
    for (let i = 0; i < 20; i++) await on.queue.ring("a");
    await sleep(2 * engine.promptMs);
    expect(runs).toBe(1);
    gate.resolve(undefined);

    await vi.waitFor(() => expect(runs).toBe(2), { timeout: 10_000 });
    await sleep(2 * engine.promptMs);
    expect(runs).toBe(2);
    expect(most).toBe(1);
  });

  test("a ring due later that arrives during a run keeps its time", async () => {
    await using on = await bench(engine);
    const starts: number[] = [];
    const gate = Promise.withResolvers<undefined>();
    await on.queue.work(
      async () => {
        if (starts.push(Date.now()) === 1) await gate.promise;
      },
      { concurrency: 1 },
    );

    await on.queue.ring("a");
    await vi.waitFor(() => expect(starts).toHaveLength(1), { timeout: 10_000 });
    const dueAt = Date.now() + 150;
    await on.queue.ring("a", { dueAt });
    gate.resolve(undefined);

    await vi.waitFor(() => expect(starts).toHaveLength(2), { timeout: 10_000 });
    expect(starts[1]).toBeGreaterThanOrEqual(dueAt);
  });
}

function failures(engine: QueueEngine): void {
  test("a handler that throws, at once or later, is reported and neither stops the queue nor runs again", async () => {
    await using on = await bench(engine);
    const runs: string[] = [];
    await on.queue.work(
      (key) => {
        runs.push(key);
        if (key === "throws") throw new Error("at once");
        return key === "rejects" ? Promise.reject(new Error("later")) : Promise.resolve();
      },
      { concurrency: 1 },
    );

    for (const key of ["throws", "rejects", "good"]) await on.queue.ring(key);

    await vi.waitFor(() => expect(runs).toContain("good"), { timeout: 10_000 });
    await sleep(2 * engine.promptMs);
    expect(runs.sort()).toEqual(["good", "rejects", "throws"]);
    const reported = on.errors.map(({ key, error }) => `${key}: ${error instanceof Error ? error.message : "?"}`);
    expect(reported.sort()).toEqual(["rejects: later", "throws: at once"]);
  });

  test("a key whose handler failed answers the next ring", async () => {
    await using on = await bench(engine);
    let runs = 0;
    await on.queue.work(() => (++runs === 1 ? Promise.reject(new Error("once")) : Promise.resolve()), {
      concurrency: 1,
    });

    await on.queue.ring("a");
    await vi.waitFor(() => expect(on.errors).toHaveLength(1), { timeout: 10_000 });
    await on.queue.ring("a");

    await vi.waitFor(() => expect(runs).toBe(2), { timeout: 10_000 });
  });
}

function closing(engine: QueueEngine): void {
  test("closing waits for a running handler and starts nothing more", async () => {
    const on = await bench(engine);
    const runs: string[] = [];
    let finished = false;
    let aborted = false;
    await on.queue.work(
      async (key, signal) => {
        runs.push(key);
        await sleep(100);
        finished = true;
        aborted = signal.aborted;
      },
      { concurrency: 1 },
    );
    await on.queue.ring("a");
    await on.queue.ring("b");
    await vi.waitFor(() => expect(runs).toEqual(["a"]), { timeout: 10_000 });

    await on.queue[Symbol.asyncDispose]();

    expect({ finished, aborted }).toEqual({ finished: true, aborted: false });
    await sleep(2 * engine.promptMs);
    expect(runs).toEqual(["a"]);
  });

  test("a handler that outlives the grace time is aborted", async () => {
    const on = await bench(engine, 50);
    const started = Promise.withResolvers<undefined>();
    await on.queue.work(
      async (_key, signal) => {
        started.resolve(undefined);
        await sleep(60_000, undefined, { signal });
      },
      { concurrency: 1 },
    );
    await on.queue.ring("a");
    await started.promise;

    const closedAt = performance.now();
    await on.queue[Symbol.asyncDispose]();

    expect(performance.now() - closedAt).toBeLessThan(5_000);
    expect(on.errors.map(({ key }) => key)).toEqual(["a"]);
  });
}

const action = fc.record({
  key: fc.constantFrom("a", "b", "c"),
  dueInMs: fc.option(fc.integer({ min: -5, max: 15 }), { nil: undefined }),
  priority: fc.integer({ min: -1, max: 2 }),
  pauseMs: fc.constantFrom(0, 0, 0, 1, 3),
});
const work = fc.record({ takesMs: fc.constantFrom(0, 1, 4), fails: fc.boolean() });

function anyRings(engine: QueueEngine): void {
  test("whatever is rung: never two runs of a key at once, never too early, nothing rung is forgotten", async () => {
    const scripts = fc.array(action, { maxLength: 30 });
    const works = fc.array(work, { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(scripts, works, fc.integer({ min: 1, max: 3 }), async (script, jobs, slots) => {
      await using on = await bench(engine);
      const waiting = new Map<string, number>();
      const running = new Set<string>();
      const violations: string[] = [];
      let runs = 0;
      const handle = async (key: string): Promise<void> => {
        if (running.has(key)) violations.push(`two runs of ${key}`);
        if (Date.now() < (waiting.get(key) ?? 0)) violations.push(`${key} ran too early`);
        running.add(key);
        waiting.delete(key);
        const job = jobs[runs++ % jobs.length];
        await sleep(job?.takesMs ?? 0);
        running.delete(key);
        if (job?.fails === true) throw new Error("this run fails");
      };
      await on.queue.work(handle, { concurrency: slots });

      for (const { key, dueInMs, priority, pauseMs } of script) {
        const dueAt = Date.now() + (dueInMs ?? 0);
        waiting.set(key, Math.min(dueAt, waiting.get(key) ?? Infinity));
        await on.queue.ring(key, dueInMs === undefined ? { priority } : { priority, dueAt });
        if (pauseMs > 0) await sleep(pauseMs);
      }

      await vi.waitFor(() => expect([waiting.size, running.size]).toEqual([0, 0]), { timeout: 10_000, interval: 2 });
      expect(violations).toEqual([]);
      expect(runs).toBeLessThanOrEqual(script.length);
    });
    await fc.assert(property, { numRuns: 60 });
  });
}
