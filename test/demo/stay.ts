import { setTimeout as sleep } from "node:timers/promises";
import type { LogEvent } from "../fakes/okta/types.ts";
import { callsText, countCalls } from "./calls.ts";
import type { Company } from "./company.ts";
import { many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { hookUrl } from "./start.ts";

const LOOK_EVERY_MS = 250;
const LIFE_EVERY_MS = 20_000;
/** Then the company falls asleep, so that a forgotten demo does not fill the screen and the disk. */
const LIFE_EVENTS = 90;

/** What a visitor may look at and try. */
export function showWays(stage: Stage, screen: Screen, company: Company): void {
  const { okta, bitwarden, bridge, config } = stage;
  screen.heading("5  Your turn");
  screen.table([
    ["hooks", hookUrl(stage)],
    ["health", `${bridge.admin}/health`],
    ["metrics", `${bridge.admin}/metrics`],
    ["Okta, all of it", `${okta.url}/__admin/dump`],
    ["Bitwarden, all of it", `${bitwarden.url}/__admin/dump`],
    ["Bitwarden, every call", `${bitwarden.url}/__admin/history`],
  ]);
  const person = company.castMember();
  const json = (value: object): string => `-H 'content-type: application/json' -d '${JSON.stringify(value)}'`;
  screen.say("");
  screen.say(`Change something in Okta, here by suspending ${person.name}, and watch this window:`);
  screen.command(`curl -s ${okta.url}/__admin/suspend ${json({ id: person.id })}`);
  screen.command(`curl -s ${okta.url}/__admin/unsuspend ${json({ id: person.id })}`);
  screen.say("Ask the bridge, in another terminal:");
  for (const words of ["status", "held", "journal", "sync --full"]) {
    screen.command(`npm run -s bridge -- ${words} --config ${config}`);
  }
}

/** Goes on with a little life and shows whatever happens, until the signal. Throws when the bridge ends. */
export async function stay(stage: Stage, screen: Screen, company: Company): Promise<void> {
  const { okta, bitwarden } = stage;
  screen.heading("Live: every event of Okta and what the bridge makes of it. Ctrl-C ends the demo.");
  const life = lifeOf(stage, company);
  let [events, calls, nextLifeAt] = [okta.state.logs.length, bitwarden.history.last, Date.now() + LIFE_EVERY_MS];
  await stage.until(
    "Ctrl-C",
    async () => {
      if (Date.now() >= nextLifeAt) {
        nextLifeAt = Date.now() + LIFE_EVERY_MS;
        life.next();
      }
      for (const line of eventLines(okta.state.logs.slice(events))) screen.live("Okta", line);
      events = okta.state.logs.length;
      const made = countCalls(bitwarden.history.after(calls));
      calls = bitwarden.history.last;
      if (made.size > 0) screen.live("Bitwarden", callsText(made));
      await sleep(LOOK_EVERY_MS, undefined, { signal: stage.signal });
      return false;
    },
    Infinity,
  );
}

/** Small things that the guard never limits, so that it is the visitor's own events that meet it. */
function* lifeOf(stage: Stage, company: Company): Generator<undefined> {
  const { admin } = stage.okta;
  const [team] = company.teams();
  if (team === undefined) return;
  for (let round = 0; round < LIFE_EVENTS; round += 3) {
    admin.renameGroup(team.id, `${team.name} ${String(2027 + round / 3)}`);
    yield;
    const [person] = company.cast(1, ({ id }) => !company.isIn(id, team.id));
    if (person === undefined) return;
    admin.addToGroup(person.id, team.id);
    yield;
    admin.updateProfile(person.id, { title: "Senior of everything" });
    yield;
  }
}

/** One line per event; many of one kind become one line. */
function eventLines(events: readonly LogEvent[]): string[] {
  return [...Map.groupBy(events, ({ eventType }) => eventType)].map(([type, same]) => {
    const names = same[0]?.target.map(({ displayName }) => displayName).join(" → ") ?? "";
    return same.length === 1 ? `${type}  ${names}` : `${type}  ${many(same.length, "event")}, the first: ${names}`;
  });
}
