import { setTimeout as sleep } from "node:timers/promises";
import type { HistoryEntry } from "../fakes/bitwarden/history.ts";
import type { LogEvent } from "../fakes/okta/types.ts";
import { callsText, countCalls } from "./calls.ts";
import type { Company } from "./company.ts";
import { duration, many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { hookUrl } from "./start.ts";

const LOOK_EVERY_MS = 250;
const LIFE_EVERY_MS = 20_000;
/** What was written later than this is not the answer to the latest event. */
const RECENT_MS = 10_000;
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
  for (const words of ["status", "plan", "held list", "journal", "sync --full"]) {
    screen.command(`npm run -s bridge -- ${words} --config ${config}`);
  }
}

/** Goes on with a little life and shows whatever happens, until the signal. Throws when the bridge ends. */
export async function stay(stage: Stage, screen: Screen, company: Company): Promise<void> {
  const { okta, bitwarden } = stage;
  screen.heading("Live: every event of Okta and what the bridge makes of it. Ctrl-C ends the demo.");
  const life = lifeOf(stage, company);
  let nextLifeAt = Date.now() + LIFE_EVERY_MS;
  let [events, shown, seen] = [okta.state.logs.length, bitwarden.history.last, bitwarden.history.last];
  const look = async (): Promise<false> => {
    if (Date.now() >= nextLifeAt) {
      nextLifeAt = Date.now() + LIFE_EVERY_MS;
      life.next();
    }
    for (const line of eventLines(okta.state.logs.slice(events))) screen.live("Okta", line);
    events = okta.state.logs.length;
    // Told together once they have ended.
    const { last } = bitwarden.history;
    if (last !== shown && last === seen) {
      const calls = bitwarden.history.after(shown);
      screen.live("Bitwarden", `${callsText(countCalls(calls))}${sinceEvent(stage, calls)}`);
      shown = last;
    }
    seen = last;
    await sleep(LOOK_EVERY_MS, undefined, { signal: stage.signal });
    return false;
  };
  await stage.until("Ctrl-C", look, Infinity);
}

/** How long after the latest event Bitwarden was first asked to change something; empty where it was not. */
function sinceEvent({ okta }: Stage, calls: readonly HistoryEntry[]): string {
  const write = calls.find(({ method, route }) => method !== "GET" && route !== "POST /connect/token");
  const at = okta.state.persistedAtMs.at(-1);
  if (write === undefined || at === undefined) return "";
  const ms = performance.timeOrigin + write.at - at;
  return ms > 0 && ms < RECENT_MS ? `, ${duration(ms)} after the event` : "";
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
