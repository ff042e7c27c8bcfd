import type { LogEvent } from "../fakes/okta/types.ts";
import type { BenchOptions } from "./bench.ts";
import { atMost, type Measured, type Report } from "./report.ts";
import { shownCost, stormCost } from "./storm-cost.ts";
import { openBenchWorld, type BenchWorld } from "./world.ts";

const MAX_READS = 3;
const MAX_WRITES = 3;
/** So slow that the storm lasts longer than anybody may wait for company. */
const TRICKLE_PER_SECOND = 200;

/** 10,000 hints for one group: all its people join, the group itself is renamed again and again, all leave. */
export async function stormOfGroup({ quick, progress }: BenchOptions): Promise<Measured> {
  const people = quick ? 2_000 : 10_000;
  await using world = await openBenchWorld({ users: people, groups: 2 });
  const group = world.okta.admin.createGroup("Everybody in the storm", { silent: true });
  progress(`first sync of ${String(people)} people`);
  await world.command("sync", "--full");
  await using server = await world.serve();
  const everybody = [...world.okta.state.users.keys()];
  const { admin } = world.okta;
  const metrics: Report["metrics"] = {};
  const budgets: Report["budgets"] = {};
  const run = async (name: string, events: LogEvent[]): Promise<void> => {
    progress(`${String(events.length)} hints: ${name}`);
    const cost = await stormCost(world, server, events);
    Object.assign(metrics, shownCost(name, cost));
    budgets[`${name}: directory reads`] = atMost(MAX_READS, cost.reads);
    budgets[`${name}: Bitwarden writes`] = atMost(MAX_WRITES, cost.bitwardenWrites);
    budgets[`${name}: differences + refused`] = atMost(0, cost.differences + cost.refused);
  };
  await run(
    "all join",
    eventsOf(world, () => {
      for (const id of everybody) admin.addToGroup(id, group, { only: "log" });
    }),
  );
  await run(
    "group renamed",
    eventsOf(world, () => {
      for (let n = 1; n <= people; n++) admin.renameGroup(group, `Storm ${String(n)}`, { only: "log" });
    }),
  );
  await run(
    "all leave",
    eventsOf(world, () => {
      for (const id of everybody) admin.removeFromGroup(id, group, { only: "log" });
    }),
  );
  const slow = eventsOf(world, () => {
    for (const id of everybody.slice(0, quick ? 400 : 2_000)) admin.addToGroup(id, group, { only: "log" });
  });
  progress(`${String(slow.length)} join, ${String(TRICKLE_PER_SECOND)} a second`);
  Object.assign(metrics, shownCost("trickle", await stormCost(world, server, slow, TRICKLE_PER_SECOND)));
  return { metrics, budgets };
}

/** What Okta writes to its log while `change` runs. */
function eventsOf({ okta }: BenchWorld, change: () => void): LogEvent[] {
  const before = okta.state.logs.length;
  change();
  return okta.state.logs.slice(before);
}
