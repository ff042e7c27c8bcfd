import { callsText, countCalls } from "./calls.ts";
import { differences } from "./compare.ts";
import { CONNECTION, HOOK_SECRET } from "./config.ts";
import { duration, many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** What the command line answers when operations wait for approval. */
export const HELD_EXIT = 3;
const DIFFERENCES_SHOWN = 10;

/** Says what was started, and registers the event hook in Okta, which asks the bridge for its challenge. */
export async function introduce(stage: Stage, screen: Screen): Promise<void> {
  const { okta, bitwarden, bridge, config } = stage;
  const { users, groups } = okta.state;
  screen.heading("1  The company, and the bridge");
  screen.table([
    ["Okta (emulated)", `${okta.url}   ${many(users.size, "person", "people")}, ${many(groups.size, "group")}`],
    ["Bitwarden (emulated)", `${bitwarden.url}   ${many(bitwarden.state.members.size, "member")}: the owner`],
    ["the bridge", `${bridge.hooks}   process ${bridge.pid}, ready after ${duration(bridge.startMs)}`],
    ["its configuration", config],
  ]);
  const url = hookUrl(stage);
  await okta.hooks.register({ url, header: "Authorization", secret: HOOK_SECRET });
  screen.say(`Okta's event hook points to ${url}, and Okta has verified it.`);
}

/** Shows the first plan, approves it as a person would, and waits until Bitwarden is equal to Okta. Answers ms. */
export async function firstPlan(stage: Stage, screen: Screen): Promise<number> {
  const { okta, bitwarden } = stage;
  await stage.until("the first plan is held", async () => {
    const { readOnce, held, waiting } = await stage.health();
    return readOnce && held > 0 && waiting === 0;
  });
  screen.heading("2  The first plan");
  screen.say("Nothing is written before a person has seen the first plan and approved it.");
  const plan = await stage.cli(["plan"], [0, HELD_EXIT]);
  screen.quote("bwbridge plan", plan.stdout, 10);
  const before = bitwarden.history.last;
  const startedAt = performance.now();
  const approved = await stage.cli(["held", "approve", "--all"]);
  screen.quote("bwbridge held approve --all", approved.stdout, 4);
  const different = (): string[] => differences(okta.dump(), bitwarden.dump());
  await stage.until(
    () => `Bitwarden equals Okta (${different().slice(0, DIFFERENCES_SHOWN).join("; ")})`,
    () => different().length === 0,
  );
  const tookMs = performance.now() - startedAt;
  await stage.settled();
  screen.say(
    `Bitwarden equals Okta ${duration(tookMs)} after that command was typed: ${callsText(countCalls(bitwarden.history.after(before)))}.`,
  );
  return tookMs;
}

export function hookUrl({ bridge }: Stage): string {
  return `${bridge.hooks}/hooks/okta/${CONNECTION}`;
}
