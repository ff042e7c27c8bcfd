import { setImmediate as nextTurn } from "node:timers/promises";
import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { BenchOptions } from "./bench.ts";
import { percentile, rounded } from "../support/statistics.ts";
import { atMost, judge, type Report } from "./report.ts";
import { Wire } from "./wire.ts";
import { openBenchWorld, type BenchWorld } from "./world.ts";
import type { Server } from "./process.ts";

const OKTA_LATENCY_MS = 200;
const GIVE_UP_MS = 20_000;

interface Left {
  /** From the hook's departure to the arrival of the revocation at Bitwarden. */
  requestMs: number;
  /** … and to the read that proves it. */
  readBackMs: number;
}

/** Single leavers on an idle service: deactivated in Okta, told by a hook, revoked in Bitwarden and read back. */
export async function leaver({ quick, progress }: BenchOptions): Promise<Report> {
  const count = quick ? 10 : 50;
  await using world = await openBenchWorld({ users: 3 * count, groups: 5 });
  progress(`first sync of ${String(3 * count)} people`);
  await world.command("sync", "--full");
  await using server = await world.serve();
  const ids = [...world.okta.state.users.keys()];
  const metrics: Report["metrics"] = { leavers: count };
  const budgets: Report["budgets"] = {};
  for (const [round, latencyMs] of [0, OKTA_LATENCY_MS].entries()) {
    progress(`${String(count)} leavers, Okta answers in ${String(latencyMs)} ms`);
    world.okta.setLatency(latencyMs);
    const all: Left[] = [];
    for (const id of ids.slice(round * count, (round + 1) * count)) all.push(await leave(world, server, id));
    const shown = `Okta ${String(latencyMs)} ms:`;
    const requestMs = all.map((left) => left.requestMs);
    for (const [name, share] of Object.entries({ p50: 0.5, p95: 0.95, max: 1 })) {
      metrics[`${shown} hook to revocation, ${name} ms`] = rounded(percentile(requestMs, share));
      const readBackMs = all.map((left) => left.readBackMs);
      metrics[`${shown} hook to read-back, ${name} ms`] = rounded(percentile(readBackMs, share));
    }
    budgets[`hookToRevocationP95Ms, Okta ${String(latencyMs)} ms`] = atMost(1_000, percentile(requestMs, 0.95));
  }
  return judge("leaver", metrics, budgets);
}

async function leave(world: BenchWorld, server: Server, id: string): Promise<Left> {
  const { okta, bitwarden } = world;
  const before = bitwarden.history.last;
  okta.admin.deactivate(id, { only: "log" });
  const event = okta.state.logs.at(-1);
  const [request] = world.deliveries(server, event === undefined ? [] : [event]);
  if (request === undefined) throw new Error("Okta wrote no event");
  const wire = new Wire(server.hooks);
  const sentAt = performance.now();
  const status = await wire.post(request.bytes);
  wire.close();
  if (status !== 204) throw new Error(`the hook was answered with ${String(status)}`);
  const left = await revocation(bitwarden, before, sentAt);
  await world.quiet(GIVE_UP_MS);
  return left;
}

/** Waits for the revocation among the calls after `before`, and the next read of a member that was answered. */
async function revocation({ history }: FakeBitwarden, before: number, sentAt: number): Promise<Left> {
  while (performance.now() - sentAt < GIVE_UP_MS) {
    const calls = history.after(before);
    const revoked = calls.findIndex(({ path, status }) => path.endsWith("/revoke") && status === 200);
    const read = calls.find(({ method, path, status }, at) => {
      return revoked >= 0 && at > revoked && method === "GET" && path.includes("/public/members") && status === 200;
    });
    const revokedAt = calls[revoked]?.at;
    if (revokedAt !== undefined && read !== undefined) {
      return { requestMs: revokedAt - sentAt, readBackMs: read.at - sentAt };
    }
    await nextTurn();
  }
  throw new Error("the leaver was not revoked");
}
