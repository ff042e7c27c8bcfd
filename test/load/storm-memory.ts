import { setTimeout as wait } from "node:timers/promises";
import { openDatabase } from "../../src/store/database.ts";
import { readWaiting } from "../faults/rows.ts";
import type { BenchOptions } from "./bench.ts";
import { delivery, sampleEvent } from "./delivery.ts";
import { rounded } from "../support/statistics.ts";
import type { Server } from "./process.ts";
import { atMost, type Measured } from "./report.ts";
import { refusals, saturate } from "./sender.ts";
import { HOOK_SECRET } from "../support/config.ts";
import { openBenchWorld, type BenchWorld } from "./world.ts";

const EVENTS_EACH = 100;
const CONNECTIONS = 4;
const MAX_MIB = 250;
const SAMPLE_MS = 100;

/** 100,000 people hinted while Okta is down; then Okta is back. Memory while they wait and while they are read. */
export async function stormOfHints({ quick, progress }: BenchOptions): Promise<Measured> {
  const hints = quick ? 20_000 : 100_000;
  await using world = await openBenchWorld({ users: 10, groups: 1 });
  await world.command("sync", "--full");
  await using server = await world.serve();
  const atReady = server.memoryMiB().now;
  world.okta.faults.add({ kind: "reset", times: Number.POSITIVE_INFINITY });
  progress(`${String(hints)} hints while Okta is down`);
  const requests = (await hintsFor(world, server, hints)).values();
  const sent = await saturate(server.hooks, CONNECTIONS, () => requests.next().value ?? null);
  const holding = await highest(server, 5_000);
  const waiting = await dirty(world);
  world.okta.faults.clear();
  progress("Okta is back");
  const draining = await highest(server, quick ? 10_000 : 60_000);
  const left = await dirty(world);
  return {
    metrics: {
      "memory: at ready, MiB": rounded(atReady),
      "memory: hints waiting": waiting,
      "memory: while they wait, MiB": rounded(holding),
      "memory: while they are read, MiB": rounded(draining),
      "memory: read in that time": waiting - left,
    },
    budgets: {
      // The promise is about the queue. Reading it loads the vendor's SDK too, so that figure stands beside it.
      "memory: MiB while they wait": atMost(MAX_MIB, holding),
      "memory: refused": atMost(0, refusals([sent])),
    },
  };
}

/** Deliveries of 100 events each, every event about somebody else. */
async function hintsFor(world: BenchWorld, server: Server, count: number): Promise<{ n: number; bytes: Buffer }[]> {
  const event = await sampleEvent();
  return Array.from({ length: count / EVENTS_EACH }, (_, n) => {
    const events = Array.from({ length: EVENTS_EACH }, (_each, at) => {
      const number = String(n * EVENTS_EACH + at).padStart(12, "0");
      const target = event.target.map((party) => ({ ...party, id: `00u${number}bench` }));
      return { ...event, uuid: `storm-${number}`, target };
    });
    return { n, bytes: delivery(world.hookUrl(server), HOOK_SECRET, events) };
  });
}

async function dirty(world: BenchWorld): Promise<number> {
  await using database = openDatabase(world.storeFile);
  return (await readWaiting(database)).dirty;
}

/** The highest resident memory within a time. */
async function highest(server: Server, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let mib = 0;
  while (performance.now() < until) {
    mib = Math.max(mib, server.memoryMiB().now);
    await wait(SAMPLE_MS);
  }
  return mib;
}
