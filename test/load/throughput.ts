import { median, percentile, rounded } from "../support/statistics.ts";
import type { Server } from "./process.ts";
import { saturate, type Numbered, type Sent } from "./sender.ts";

const CONNECTIONS = 100;
const WARM_UP_MS = 2_000;

interface Side {
  server: Server;
  url: string;
}

interface Comparison {
  bare: Side;
  bridge: Side;
  next: (url: string) => Numbered;
  rounds: number;
  roundMs: number;
  progress: (line: string) => void;
}

interface Round {
  sent: Sent;
  perSecond: number;
  /** How much of a core the server used: near 1, or it was not the server that was measured. */
  cores: number;
  cpuMicros: number;
}

interface Compared {
  sentToBridge: Sent[];
  metrics: { ratio: number } & Record<string, number>;
}

/** Requests per second of both servers, in turns (A B A B …), so that other work on the machine meets both alike. */
export async function compareThroughput(comparison: Comparison): Promise<Compared> {
  const { bare, bridge, rounds, roundMs, progress } = comparison;
  const run = async (side: Side, forMs: number): Promise<Round> => measure(side, forMs, comparison.next);
  await run(bare, WARM_UP_MS);
  const sentToBridge = [(await run(bridge, WARM_UP_MS)).sent];
  const pairs: { bare: Round; bridge: Round }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const pair = { bare: await run(bare, roundMs), bridge: await run(bridge, roundMs) };
    pairs.push(pair);
    sentToBridge.push(pair.bridge.sent);
    const shown = [pair.bare, pair.bridge].map(({ perSecond }) => rounded(perSecond));
    progress(`round ${String(round)}: bare Express ${String(shown[0])}/s, the bridge ${String(shown[1])}/s`);
  }
  const both = { bare: pairs.map((pair) => pair.bare), bridge: pairs.map((pair) => pair.bridge) };
  const ratios = pairs.map((pair) => pair.bridge.perSecond / pair.bare.perSecond);
  const metrics = {
    ratio: median(ratios),
    ratioLowest: rounded(Math.min(...ratios), 3),
    ratioHighest: rounded(Math.max(...ratios), 3),
    // Less disturbed by other work on the machine than requests per second.
    ratioOfCpuPerRequest: rounded(median(pairs.map((pair) => pair.bare.cpuMicros / pair.bridge.cpuMicros)), 3),
    ...figures("bare", both.bare),
    ...figures("bridge", both.bridge),
  };
  return { sentToBridge, metrics };
}

function figures(name: string, rounds: readonly Round[]): Record<string, number> {
  const rates = rounds.map(({ perSecond }) => perSecond);
  const latencies = rounds.flatMap(({ sent }) => sent.latenciesMs);
  return {
    [`${name} requests/s best`]: rounded(Math.max(...rates)),
    [`${name} requests/s median`]: rounded(median(rates)),
    [`${name} p99Ms`]: rounded(percentile(latencies, 0.99), 1),
    [`${name} cpuMicros/request`]: rounded(median(rounds.map(({ cpuMicros }) => cpuMicros)), 1),
    [`${name} cores used`]: rounded(median(rounds.map(({ cores }) => cores)), 2),
  };
}

async function measure({ server, url }: Side, forMs: number, next: Comparison["next"]): Promise<Round> {
  const cpuBefore = server.cpuMs();
  const until = performance.now() + forMs;
  const sent = await saturate(url, CONNECTIONS, () => (performance.now() < until ? next(url) : null));
  const cpuMs = server.cpuMs() - cpuBefore;
  const requests = sent.latenciesMs.length;
  return {
    sent,
    perSecond: requests / sent.seconds,
    cores: cpuMs / 1000 / sent.seconds,
    cpuMicros: (cpuMs * 1000) / requests,
  };
}
