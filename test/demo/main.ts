import { loseEvent, massLeave } from "./accidents.ts";
import { readArguments, USAGE, type DemoOptions } from "./arguments.ts";
import { Company } from "./company.ts";
import { playDay } from "./day.ts";
import { openScreen, type Screen } from "./screen.ts";
import { openStage, type Stage } from "./stage.ts";
import { firstPlan, introduce } from "./start.ts";
import { showWays, stay } from "./stay.ts";
import { showSummary, summarize, type Summary } from "./summary.ts";

/** What a shell reports for a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  let options: DemoOptions;
  try {
    options = readArguments(argv);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const stopping = new AbortController();
  // Once: a second Ctrl-C ends at once, without cleaning up.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort(new Error(name)));
  try {
    return await run(options, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return INTERRUPTED;
    console.error(`\nThe demo has failed. ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function run(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const screen = openScreen({
    color: process.stdout.isTTY && !process.env["NO_COLOR"],
    width: process.stdout.isTTY ? process.stdout.columns : 120,
    write: (text) => {
      if (!options.json) process.stdout.write(text);
    },
  });
  screen.say("Starting an emulated Okta, an emulated Bitwarden, and the real bridge between them …");
  await using stage = await openStage(options.users, signal);
  const company = new Company(stage);
  const summary = await tell(stage, screen, company);
  if (options.json) console.log(JSON.stringify(summary, null, 2));
  const code = summary.equal ? 0 : 1;
  if (options.once) return code;
  showWays(stage, screen, company);
  try {
    await stay(stage, screen, company);
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.heading("Stopping. The emulators, the bridge and the temporary files go.");
  }
  return code;
}

/** The whole story, from the empty Bitwarden to the summary. */
async function tell(stage: Stage, screen: Screen, company: Company): Promise<Summary> {
  await introduce(stage, screen);
  const firstSyncMs = await firstPlan(stage, screen);
  screen.heading("3  A day in the life");
  screen.say(
    "Each event goes from Okta to the bridge as a real HTTP hook; the time is from the event in Okta to the effect in Bitwarden. Each emulator takes 30 ms to answer.",
  );
  const scenes = await playDay(stage, screen, company);
  await loseEvent(stage, screen, company);
  const accidentHeld = await massLeave(stage, screen, company);
  await stage.settled();
  const summary = await summarize(stage, { firstSyncMs, scenes, accidentHeld });
  showSummary(screen, summary);
  return summary;
}
