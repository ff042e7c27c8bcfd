import { seededRandom, shuffle } from "../fakes/okta/random.ts";
import type { BenchOptions } from "./bench.ts";
import { atMost, type Measured } from "./report.ts";
import { shownCost, stormCost } from "./storm-cost.ts";
import { openBenchWorld } from "./world.ts";

const HINTS_EACH = 10;
/** One in so many is deactivated in the course of it. */
const LEAVERS_EVERY = 20;

/** Ten hints each for 1,000 people, shuffled: at most two reads each, and everything right in the end. */
export async function stormOfPeople({ quick, progress }: BenchOptions): Promise<Measured> {
  const people = quick ? 200 : 1_000;
  await using world = await openBenchWorld({ users: people, groups: 10 });
  progress(`first sync of ${String(people)} people`);
  await world.command("sync", "--full");
  await using server = await world.serve();
  const { admin, state } = world.okta;
  const before = state.logs.length;
  for (const [at, id] of [...state.users.keys()].entries()) {
    for (let n = 1; n < HINTS_EACH; n++) admin.updateProfile(id, { title: `Title ${String(n)}` }, { only: "log" });
    if (at % LEAVERS_EVERY === 0) admin.deactivate(id, { only: "log" });
    else admin.updateProfile(id, { title: "Last title" }, { only: "log" });
  }
  const events = shuffle(seededRandom(1), state.logs.slice(before));
  progress(`${String(events.length)} hints over ${String(people)} people`);
  const cost = await stormCost(world, server, events);
  return {
    metrics: shownCost("people", cost),
    budgets: {
      "people: directory reads": atMost(2 * people, cost.reads),
      "people: differences + refused": atMost(0, cost.differences + cost.refused),
    },
  };
}
