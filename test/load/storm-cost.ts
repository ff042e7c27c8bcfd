import type { LogEvent } from "../fakes/okta/types.ts";
import { differences } from "../faults/compare.ts";
import { rounded } from "../support/statistics.ts";
import type { Server } from "./process.ts";
import { atRate, refusals, saturate, type Sent } from "./sender.ts";
import { directoryReads, type BenchWorld } from "./world.ts";

const CONNECTIONS = 50;
const SETTLE_MS = 300_000;

/** What it cost to follow one storm. */
export interface StormCost {
  /** Subjects read from the directory, and the HTTP requests that took. */
  reads: number;
  oktaRequests: number;
  bitwardenReads: number;
  bitwardenWrites: number;
  bytesWritten: number;
  /** How long sending took, and from its start until nothing was left to do. */
  arrivalSeconds: number;
  settledSeconds: number;
  refused: number;
  /** Where Bitwarden is not what Okta says, in the end. */
  differences: number;
}

/** Sends one hook for each event, as fast as it goes or at a rate, and waits until the bridge has followed. */
export async function stormCost(
  world: BenchWorld,
  server: Server,
  events: readonly LogEvent[],
  perSecond?: number,
): Promise<StormCost> {
  const { okta, bitwarden } = world;
  const before = { reads: await directoryReads(server), okta: okta.history.length, bitwarden: bitwarden.history.last };
  const requests = world.deliveries(server, events).values();
  const startedAt = performance.now();
  const sent: Sent =
    perSecond === undefined
      ? await saturate(server.hooks, CONNECTIONS, () => requests.next().value ?? null)
      : await atRate(server.hooks, perSecond, events.length, () => {
          const { value } = requests.next();
          if (value === undefined) throw new Error("more was sent than there is");
          return value;
        });
  await world.quiet(SETTLE_MS);
  const settledSeconds = (performance.now() - startedAt) / 1000;
  const calls = bitwarden.history.after(before.bitwarden).filter(({ route }) => route !== "POST /connect/token");
  const writes = calls.filter(({ method }) => method !== "GET");
  return {
    reads: (await directoryReads(server)) - before.reads,
    oktaRequests: okta.history.length - before.okta,
    bitwardenReads: calls.length - writes.length,
    bitwardenWrites: writes.length,
    bytesWritten: writes.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    arrivalSeconds: rounded(sent.seconds, 2),
    settledSeconds: rounded(settledSeconds, 2),
    refused: refusals([sent]),
    differences: differences(okta, bitwarden).length,
  };
}

/** The cost as named metrics. */
export function shownCost(name: string, cost: StormCost): Record<string, number> {
  return Object.fromEntries(Object.entries(cost).map(([key, value]: [string, number]) => [`${name}: ${key}`, value]));
}
