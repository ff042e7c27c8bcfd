import { join } from "node:path";
import { openDatabase } from "../../src/store/database.ts";
import { missingEvents } from "../faults/rows.ts";
import type { BenchOptions } from "./bench.ts";
import { Deliveries, eventId, sampleEvent } from "./delivery.ts";
import { percentile, rounded } from "../support/statistics.ts";
import { BARE, canPin, pinSelf, startServer, type Server } from "./process.ts";
import { atLeast, atMost, judge, type Report } from "./report.ts";
import { atRate, refusals, saturate, type Sent } from "./sender.ts";
import { slowDisk } from "./slow-disk.ts";
import { compareThroughput } from "./throughput.ts";
import { CONNECTION, HOOK_SECRET } from "../support/config.ts";
import { openBenchWorld, type BenchWorld } from "./world.ts";

const RATES = [500, 2_000];
const FSYNC_MS = 5;
const BURST = 10_000;
const BURST_CONNECTIONS = 500;
const SERVER_CORE = 0;
const LOAD_CORE = 1;
const LATENCY_LIMITS_MS: Record<number, number> = { 500: 50, 2_000: 250 };

/**
 * Hooks received by the real `serve` with a stopped connection: it stores events and hints, and reads
 * nothing. First the rate, then the proof that every acknowledged event is in the store.
 */
export async function receipt({ quick, progress }: BenchOptions): Promise<Report> {
  await using world = await openBenchWorld({ users: 2, groups: 1 });
  await world.command("stop", CONNECTION);
  pinSelf(LOAD_CORE);
  const run = new Run(world, new Deliveries(await sampleEvent()), quick);
  const throughput = await run.throughput(progress);
  progress(`every fsync now takes ${String(FSYNC_MS)} ms more`);
  await run.slowDisk(progress);
  progress("proof: every acknowledged event is in the store");
  const lost = await run.lost();
  const { ratio, ...rates } = throughput;
  const metrics = {
    pinned: canPin ? "server on core 0, load on core 1" : "no: taskset or a second core is missing",
    ...rates,
    ...run.metrics,
    acknowledged: run.acknowledged,
  };
  return judge("receipt", metrics, {
    ratioToBareExpress: atLeast(0.5, ratio),
    ...run.budgets,
    refused: atMost(0, refusals(run.sent)),
    lost: atMost(0, lost),
  });
}

class Run {
  readonly #world: BenchWorld;
  readonly #deliveries: Deliveries;
  readonly #quick: boolean;
  readonly sent: Sent[] = [];
  readonly metrics: Record<string, number> = {};
  readonly budgets: Report["budgets"] = {};

  constructor(world: BenchWorld, deliveries: Deliveries, quick: boolean) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.#quick = quick;
  }

  get acknowledged(): number {
    return this.sent.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  /** Against a bare Express, in turns; then latency at fixed rates. */
  async throughput(progress: (line: string) => void): Promise<{ ratio: number } & Record<string, number>> {
    const world = this.#world;
    await using bare = await startServer([BARE], { core: SERVER_CORE, logFile: join(world.folder, "bare.log") });
    await using bridge = await world.serve({ core: SERVER_CORE });
    this.metrics["bodyBytes"] = this.#deliveries.bodyBytes(world.hookUrl(bridge), HOOK_SECRET);
    const compared = await compareThroughput({
      bare: { server: bare, url: world.hookUrl(bare) },
      bridge: { server: bridge, url: world.hookUrl(bridge) },
      next: (url) => this.#deliveries.next(url, HOOK_SECRET),
      rounds: this.#quick ? 2 : 6,
      roundMs: this.#quick ? 1_500 : 4_000,
      progress,
    });
    this.sent.push(...compared.sentToBridge);
    await this.#latencies(bridge, "", progress);
    return compared.metrics;
  }

  async slowDisk(progress: (line: string) => void): Promise<void> {
    const world = this.#world;
    await using bridge = await world.serve({ core: SERVER_CORE, env: slowDisk(world.folder, FSYNC_MS) });
    const shown = `+${String(FSYNC_MS)}ms`;
    await this.#latencies(bridge, shown, progress);
    for (const rate of RATES) {
      const fastest = this.metrics[`latency${String(rate)}/s${shown} p50`] ?? 0;
      if (fastest < FSYNC_MS) throw new Error("the slow disk is not slow: LD_PRELOAD has no effect");
      const p99 = this.metrics[`latency${String(rate)}/s${shown} p99`] ?? Number.NaN;
      this.budgets[`p99Ms at ${String(rate)}/s ${shown} fsync`] = atMost(LATENCY_LIMITS_MS[rate] ?? 0, p99);
    }
    progress(`a burst of ${String(BURST)}`);
    let left = BURST;
    const url = world.hookUrl(bridge);
    const burst = await saturate(url, BURST_CONNECTIONS, () =>
      left-- > 0 ? this.#deliveries.next(url, HOOK_SECRET) : null,
    );
    this.sent.push(burst);
    this.metrics["burstSeconds"] = rounded(burst.seconds, 2);
    this.metrics["burst p99Ms"] = rounded(percentile(burst.latenciesMs, 0.99), 1);
  }

  /** How many acknowledged events the store does not hold. */
  async lost(): Promise<number> {
    await using database = openDatabase(this.#world.storeFile);
    let missing = 0;
    for (const { acknowledged } of this.sent) {
      missing += (await missingEvents(database, acknowledged.map(eventId))).length;
    }
    return missing;
  }

  async #latencies(server: Server, shown: string, progress: (line: string) => void): Promise<void> {
    const url = this.#world.hookUrl(server);
    for (const rate of RATES) {
      progress(`latency at ${String(rate)}/s ${shown}`);
      const sent = await atRate(url, rate, rate * (this.#quick ? 3 : 15), () =>
        this.#deliveries.next(url, HOOK_SECRET),
      );
      this.sent.push(sent);
      for (const [name, share] of Object.entries({ p50: 0.5, p99: 0.99, "p99.9": 0.999 })) {
        this.metrics[`latency${String(rate)}/s${shown} ${name}`] = rounded(percentile(sent.latenciesMs, share), 1);
      }
    }
  }
}
