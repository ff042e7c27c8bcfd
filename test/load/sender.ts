import { setImmediate as nextTurn } from "node:timers/promises";
import { Wire } from "./wire.ts";

/** A request, and what it is called in the result. */
export interface Numbered {
  n: number;
  bytes: Buffer;
}

export interface Sent {
  /** The numbers of the requests that were answered with 204. */
  acknowledged: number[];
  /** Answers other than 204, by status; 0 is a cut connection. */
  refused: Map<number, number>;
  /** Milliseconds from the intended moment of sending to the answer. */
  latenciesMs: number[];
  seconds: number;
}

/** More connections than any sender opens; beyond them requests wait, and their waiting counts. */
const MAX_WIRES = 1_000;

/** As fast as it goes over so many connections, each waiting for its answer, until `next` has nothing more. */
export async function saturate(url: string, connections: number, next: () => Numbered | null): Promise<Sent> {
  const sent = newSent();
  const startedAt = performance.now();
  const wires = Array.from({ length: connections }, () => new Wire(url));
  await Promise.all(
    wires.map(async (wire) => {
      for (let request = next(); request !== null; request = next()) {
        await post(wire, request, performance.now(), sent);
      }
      wire.close();
    }),
  );
  sent.seconds = (performance.now() - startedAt) / 1000;
  return sent;
}

/**
 * At a fixed rate, whatever the answers do (open loop): each request has its moment, and its latency
 * counts from that moment even when the sender or the server is late.
 */
export async function atRate(url: string, perSecond: number, count: number, next: () => Numbered): Promise<Sent> {
  const sent = newSent();
  const idle: Wire[] = [];
  const wires: Wire[] = [];
  const flights = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let at = 0; at < count;) {
    const intendedAt = startedAt + (at * 1000) / perSecond;
    let wire = idle.pop();
    const mayOpen = wire === undefined && wires.length < MAX_WIRES;
    if (performance.now() < intendedAt || (wire === undefined && !mayOpen)) {
      if (wire !== undefined) idle.push(wire);
      // Timers are a millisecond coarse; a turn of the loop is not.
      await nextTurn();
      continue;
    }
    if (wire === undefined) wires.push((wire = new Wire(url)));
    const free = wire;
    const flight = post(free, next(), intendedAt, sent).then(() => {
      idle.push(free);
      flights.delete(flight);
    });
    flights.add(flight);
    at += 1;
  }
  await Promise.all(flights);
  sent.seconds = (performance.now() - startedAt) / 1000;
  for (const wire of wires) wire.close();
  return sent;
}

/** Everything else than 204: refusals of the server and cut connections. */
export function refusals(sent: readonly Sent[]): number {
  return sent.reduce((sum, { refused }) => sum + [...refused.values()].reduce((a, b) => a + b, 0), 0);
}

function newSent(): Sent {
  return { acknowledged: [], refused: new Map(), latenciesMs: [], seconds: 0 };
}

async function post(wire: Wire, { n, bytes }: Numbered, intendedAt: number, sent: Sent): Promise<void> {
  const status = await wire.post(bytes);
  sent.latenciesMs.push(performance.now() - intendedAt);
  if (status === 204) sent.acknowledged.push(n);
  else sent.refused.set(status, (sent.refused.get(status) ?? 0) + 1);
}
