import type { BenchOptions } from "./bench.ts";
import { judge, type Report } from "./report.ts";
import { stormOfGroup } from "./storm-group.ts";
import { stormOfHints } from "./storm-memory.ts";
import { stormOfPeople } from "./storm-people.ts";

/** Many hints at once, over real HTTP to the running service: what they cost, and whether it ends right. */
export async function storm(options: BenchOptions): Promise<Report> {
  const parts = [await stormOfGroup(options), await stormOfPeople(options), await stormOfHints(options)];
  return judge(
    "storm",
    Object.assign({}, ...parts.map(({ metrics }) => metrics)) as Report["metrics"],
    Object.assign({}, ...parts.map(({ budgets }) => budgets)) as Report["budgets"],
  );
}
