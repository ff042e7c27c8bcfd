import { scheduledJobs } from "node-schedule";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startSchedule } from "../../src/schedule/schedule.ts";
import type { Tick, TickName } from "../../src/schedule/ticker.ts";

const START = "2026-11-21T10:00:00.500Z";
const JUST_NOW = Date.parse("2026-11-21T10:00:00Z");
const MINUTE_MS = 60_000;

interface Ran {
  at: string;
  connection: string;
  tick: TickName;
  slot: string;
}

interface Bench extends AsyncDisposable {
  ran: Ran[];
  logged: string[];
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(START) });
});
afterEach(() => {
  vi.useRealTimers();
});

async function bench(
  ticks: Tick[],
  work: (slot: string) => Promise<void> = () => Promise.resolve(),
  lastRun: number | null = JUST_NOW,
): Promise<Bench> {
  const ran: Ran[] = [];
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  const schedule = await startSchedule({
    ticks,
    onTick: (connection, tick, slot) => {
      ran.push({ at: new Date().toISOString(), connection, tick, slot });
      return work(slot);
    },
    lastRun: () => Promise.resolve(lastRun),
    log: { warn: note, error: note },
  });
  return { ran, logged, [Symbol.asyncDispose]: () => schedule[Symbol.asyncDispose]() };
}

function poll(connection: string, everyMs: number): Tick {
  return { connection, tick: "poll", when: { everyMs } };
}

test("a tick runs at each of its slots, named by the nominal time and not by the moment", async () => {
  await using on = await bench([poll("okta-main", MINUTE_MS)]);

  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS + 10_000);

  expect(on.ran.map(({ slot }) => slot)).toEqual([
    "2026-11-21T10:01:00.000Z",
    "2026-11-21T10:02:00.000Z",
    "2026-11-21T10:03:00.000Z",
  ]);
});

test("a cron tick runs in its own time zone, next to an interval of another connection", async () => {
  const nightly: Tick = {
    connection: "ldap",
    tick: "reconcile",
    when: { cron: "0 3 * * *", timezone: "Asia/Kolkata" },
  };
  await using on = await bench([nightly, poll("okta-main", 6 * 60 * MINUTE_MS)], undefined, Date.parse(START));

  await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE_MS);

  expect(on.ran.filter(({ tick }) => tick === "reconcile").map(({ slot }) => slot)).toEqual([
    "2026-11-21T21:30:00.000Z",
  ]);
  expect(on.ran.filter(({ tick }) => tick === "poll")).toHaveLength(4);
});

test("the jitter is bounded, differs between connections and is the same every time", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `connection-${i}`);
  await using on = await bench(names.map((name) => poll(name, 5 * MINUTE_MS)));

  await vi.advanceTimersByTimeAsync(11 * MINUTE_MS);

  const delays = (slot: string): Map<string, number> =>
    new Map(
      on.ran.filter((one) => one.slot === slot).map((one) => [one.connection, Date.parse(one.at) - Date.parse(slot)]),
    );
  const first = delays("2026-11-21T10:05:00.000Z");
  const second = delays("2026-11-21T10:10:00.000Z");
  expect(first.size).toBe(names.length);
  expect(Math.max(...first.values())).toBeLessThanOrEqual(30_000);
  expect(new Set(first.values()).size).toBeGreaterThan(6);
  for (const [name, delay] of first) expect(Math.abs((second.get(name) ?? Infinity) - delay)).toBeLessThan(5);
});

test("a tick that throws or rejects is reported and goes on; the process lives", async () => {
  let runs = 0;
  await using on = await bench([poll("okta-main", MINUTE_MS)], () => {
    if (++runs === 1) throw new Error("at once");
    return runs === 2 ? Promise.reject(new Error("later")) : Promise.resolve();
  });

  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS + 10_000);

  expect(on.ran).toHaveLength(3);
  expect(on.logged).toEqual(["a scheduled tick failed", "a scheduled tick failed"]);
});

test("a tick never overlaps itself: the slot is skipped, and that is said", async () => {
  const gate = Promise.withResolvers<undefined>();
  await using on = await bench([poll("okta-main", MINUTE_MS)], () => gate.promise.then(() => undefined));

  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS + 10_000);
  expect(on.ran).toHaveLength(1);
  expect(on.logged).toEqual(["a scheduled tick was skipped, because the one before it still runs"]);
  gate.resolve(undefined);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);

  expect(on.ran.map(({ slot }) => slot)).toEqual(["2026-11-21T10:01:00.000Z", "2026-11-21T10:03:00.000Z"]);
});

test("a slot missed while the process was down is made up for once, under its own name", async () => {
  const yesterday = Date.parse("2026-11-20T03:00:00Z");
  const nightly: Tick = { connection: "ldap", tick: "reconcile", when: { cron: "0 3 * * *", timezone: "UTC" } };
  await using on = await bench([nightly], undefined, yesterday);

  await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);

  expect(on.ran.map(({ slot }) => slot)).toEqual(["2026-11-21T03:00:00.000Z"]);
});

test("a tick that never ran runs at once; one that ran its last slot waits for the next", async () => {
  await using fresh = await bench([poll("new", MINUTE_MS)], undefined, null);
  await using known = await bench([poll("known", MINUTE_MS)]);

  await vi.advanceTimersByTimeAsync(10);

  expect(fresh.ran.map(({ slot }) => slot)).toEqual(["2026-11-21T10:00:00.000Z"]);
  expect(known.ran).toEqual([]);
});

test("a machine that slept through many slots runs one of them", async () => {
  await using on = await bench([poll("okta-main", MINUTE_MS)]);

  vi.setSystemTime(Date.parse("2026-11-21T16:00:30Z"));
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);

  expect(on.ran.map(({ slot }) => slot)).toEqual(["2026-11-21T10:01:00.000Z", "2026-11-21T16:02:00.000Z"]);
});

test("stopping cancels what is to come, waits for what runs, and leaves no timer", async () => {
  const gate = Promise.withResolvers<undefined>();
  const on = await bench([poll("okta-main", MINUTE_MS)], () => gate.promise.then(() => undefined));
  await vi.advanceTimersByTimeAsync(MINUTE_MS + 10_000);

  let stopped = false;
  const stopping = on[Symbol.asyncDispose]().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
  expect(stopped).toBe(false);
  gate.resolve(undefined);
  await stopping;

  expect(on.ran).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(Object.keys(scheduledJobs)).toEqual([]);
});

test("a schedule that cannot be is refused before anything starts", async () => {
  const never: Tick = { connection: "ldap", tick: "reconcile", when: { cron: "0 3 30 2 *", timezone: "UTC" } };

  await expect(bench([poll("okta-main", MINUTE_MS), never])).rejects.toThrow("never happens");
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);

  expect(vi.getTimerCount()).toBe(0);
});
