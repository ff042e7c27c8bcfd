import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { HostPace, paceOf } from "../../src/bitwarden/pace.ts";
import { CLOUD_PACE } from "../../src/config/schema/bitwarden.ts";
import type { Priority } from "../../src/bitwarden/bitwarden.ts";
import { BridgeError } from "../../src/domain/errors.ts";

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Queues calls and notes when each starts. */
function recorder(pace: HostPace) {
  const starts: { label: string; atMs: number }[] = [];
  const queue = (kind: "reads" | "writes", priority: Priority, label: string, signal = never) =>
    pace[kind].run(priority, signal, () => {
      starts.push({ label, atMs: performance.now() });
      return Promise.resolve(label);
    });
  return { starts, queue, labels: () => starts.map((start) => start.label) };
}

/** The most starts in any window of that length, the end excluded. */
function mostIn(windowMs: number, starts: { atMs: number }[]): number {
  const counts = starts.map(({ atMs }) => starts.filter((s) => s.atMs >= atMs && s.atMs < atMs + windowMs).length);
  return Math.max(0, ...counts);
}

describe("the pace of a cloud host", () => {
  test("never starts more writes than 4 in a second and 50 in a minute, wherever the window is laid", async () => {
    const { starts, queue } = recorder(new HostPace(CLOUD_PACE));
    for (let n = 0; n < 160; n += 1) void queue("writes", n % 2 === 0 ? "normal" : "revocation", String(n));

    await vi.advanceTimersByTimeAsync(240_000);

    expect(starts).toHaveLength(160);
    expect(mostIn(1000, starts)).toBe(4);
    expect(mostIn(250, starts)).toBe(1);
    expect(mostIn(60_000, starts)).toBe(50);
  });

  test("never starts more than 150 reads in a minute, and uses them", async () => {
    const { starts, queue } = recorder(new HostPace(CLOUD_PACE));
    for (let n = 0; n < 200; n += 1) void queue("reads", "revocation", String(n));

    await vi.advanceTimersByTimeAsync(59_000);
    expect(starts).toHaveLength(150);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(starts).toHaveLength(200);
    expect(mostIn(60_000, starts)).toBe(150);
  });

  test("keeps a fifth of every minute for revocations, even under a flood of normal work", async () => {
    const { starts, queue, labels } = recorder(new HostPace(CLOUD_PACE));
    for (let n = 0; n < 500; n += 1) void queue("writes", "normal", "normal");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(starts).toHaveLength(40);

    for (let n = 0; n < 10; n += 1) void queue("writes", "revocation", "revocation");
    await vi.advanceTimersByTimeAsync(3_000);

    expect(labels().filter((label) => label === "revocation")).toHaveLength(10);
    await vi.advanceTimersByTimeAsync(300_000);
    const normal = starts.filter((start) => start.label === "normal");
    expect(mostIn(60_000, normal)).toBe(40);
    expect(mostIn(60_000, starts)).toBe(50);
  });

  test("lets a revocation overtake everything that waits", async () => {
    const { queue, labels } = recorder(new HostPace({ ...CLOUD_PACE, writesPerSecond: 1 }));
    for (let n = 0; n < 5; n += 1) void queue("writes", "normal", `normal-${String(n)}`);
    await vi.advanceTimersByTimeAsync(10);
    void queue("writes", "revocation", "revocation");

    await vi.advanceTimersByTimeAsync(10_000);

    expect(labels().slice(0, 2)).toStrictEqual(["normal-0", "revocation"]);
  });

  test("starts a call at once when it is idle", () => {
    const { queue, labels } = recorder(new HostPace(CLOUD_PACE));

    void queue("writes", "revocation", "at once");

    expect(labels()).toStrictEqual(["at once"]);
  });

  test("forgets a waiting call that is aborted and goes on with the next", async () => {
    const { queue, labels } = recorder(new HostPace({ ...CLOUD_PACE, writesPerSecond: 1 }));
    const closing = new AbortController();
    void queue("writes", "normal", "first");
    const waiting = [
      queue("writes", "normal", "a", closing.signal),
      queue("writes", "normal", "b", closing.signal),
      queue("writes", "revocation", "c", closing.signal),
    ].map((call) => call.then(String, () => "aborted"));
    void queue("writes", "normal", "last");

    closing.abort(new Error("closing"));
    await vi.advanceTimersByTimeAsync(5_000);

    expect(await Promise.all(waiting)).toStrictEqual(["aborted", "aborted", "aborted"]);
    expect(labels()).toStrictEqual(["first", "last"]);
  });
});

describe("an open pace", () => {
  test("starts everything at once up to the bound of calls under way", async () => {
    const pace = new HostPace("open");
    let running = 0;
    const release = Promise.withResolvers<undefined>();
    const calls = Array.from({ length: 40 }, () =>
      pace.writes.run("normal", never, () => {
        running += 1;
        return release.promise;
      }),
    );

    await vi.advanceTimersByTimeAsync(1);
    expect(running).toBe(16);
    release.resolve(undefined);
    await Promise.all(calls);

    expect(running).toBe(40);
  });
});

describe("a throttled host", () => {
  test("is left alone by reads and writes for as long as it asks", async () => {
    const pace = new HostPace("open");
    const { queue, labels } = recorder(pace);

    expect(pace.throttled("7")).toBe(7000);
    void queue("writes", "revocation", "write");
    void queue("reads", "normal", "read");
    await vi.advanceTimersByTimeAsync(6_999);
    expect(labels()).toStrictEqual([]);
    await vi.advanceTimersByTimeAsync(10);

    expect(labels().sort()).toStrictEqual(["read", "write"]);
  });

  test("that asks for a shorter pause later does not cut the longer one", async () => {
    const pace = new HostPace("open");
    const { queue, labels } = recorder(pace);

    pace.throttled("60");
    pace.throttled("1");
    void queue("writes", "revocation", "write");
    await vi.advanceTimersByTimeAsync(59_000);

    expect(labels()).toStrictEqual([]);
  });

  test("that does not say how long gets pauses that double, with jitter, until it answers again", () => {
    const pace = new HostPace("open");

    const pausesMs = [undefined, "soon", undefined].map((header) => pace.throttled(header));
    pace.answered();
    const afterMs = pace.throttled(undefined);

    for (const [n, pauseMs] of pausesMs.entries()) {
      expect(pauseMs).toBeGreaterThanOrEqual(5_000 * 2 ** n);
      expect(pauseMs).toBeLessThanOrEqual(10_000 * 2 ** n);
    }
    expect(afterMs).toBeLessThanOrEqual(10_000);
  });

  test("cannot stop the bridge for longer than a quarter of an hour", () => {
    const pace = new HostPace("open");

    expect(pace.throttled("999999999999")).toBe(15 * 60_000);
    expect(pace.throttled(new Date(Date.now() + 30_000).toUTCString())).toBeLessThanOrEqual(30_000);
  });
});

test("all organizations of a host share one pace, and disagreeing about it is a configuration error", () => {
  const pace = paceOf(new URL("https://pace.example.com/api"), CLOUD_PACE);

  expect(paceOf(new URL("https://pace.example.com/identity"), { ...CLOUD_PACE })).toBe(pace);
  expect(paceOf(new URL("https://pace.example.com:8443"), CLOUD_PACE)).not.toBe(pace);
  expect(() => paceOf(new URL("https://pace.example.com"), "open")).toThrow(BridgeError);
});
