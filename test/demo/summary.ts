import { countCalls } from "./calls.ts";
import { differences } from "./compare.ts";
import type { Played } from "./play.ts";
import { duration, many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** What a played day came to; printed as it is with `--json`. */
export interface Summary {
  /** Whether Bitwarden ended equal to Okta. */
  equal: boolean;
  /** One sentence each; empty when equal. */
  differences: string[];
  people: number;
  groups: number;
  members: number;
  /** Events that Okta's hooks delivered, and those that the bridge counted as accepted. */
  events: number;
  accepted: number;
  readyMs: number;
  /** From typing the approval of the first plan until Bitwarden equalled Okta. */
  firstSyncMs: number;
  /** From the event in Okta to its effect in Bitwarden. */
  latencyMs: { p50: number; p95: number; max: number };
  scenes: Played[];
  /** Most operations held at once during the accident, and now. */
  held: { accident: number; now: number };
  failed: number;
  bitwardenCalls: Record<string, number>;
}

interface Story {
  firstSyncMs: number;
  scenes: Played[];
  accidentHeld: number;
}

export async function summarize(stage: Stage, story: Story): Promise<Summary> {
  const { okta, bitwarden, bridge } = stage;
  const found = differences(okta.dump(), bitwarden.dump());
  const health = await stage.health();
  const latencies = story.scenes.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
  return {
    equal: found.length === 0,
    differences: found,
    people: okta.state.users.size,
    groups: okta.state.groups.size,
    members: bitwarden.state.members.size,
    events: okta.hooks.deliveries.reduce((sum, { eventIds }) => sum + eventIds.length, 0),
    accepted: await acceptedEvents(stage),
    readyMs: bridge.startMs,
    firstSyncMs: Math.round(story.firstSyncMs),
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), max: quantile(latencies, 1) },
    scenes: story.scenes,
    held: { accident: story.accidentHeld, now: health.held },
    failed: health.failed,
    bitwardenCalls: Object.fromEntries(countCalls(bitwarden.history.entries)),
  };
}

export function showSummary(screen: Screen, summary: Summary): void {
  const { latencyMs, held } = summary;
  screen.heading("4  Summary");
  screen.table([
    ["people and groups in Okta", `${summary.people} and ${summary.groups}`],
    ["members of Bitwarden", String(summary.members)],
    ["events sent by Okta's hook", `${summary.events}, of which the bridge accepted ${summary.accepted}`],
    ["bridge ready after", duration(summary.readyMs)],
    ["first plan approved → Bitwarden equal", duration(summary.firstSyncMs)],
    [
      "event in Okta → effect in Bitwarden",
      `p50 ${duration(latencyMs.p50)}, p95 ${duration(latencyMs.p95)}, longest ${duration(latencyMs.max)}`,
    ],
    ["held in the accident, and now", `${held.accident} and ${held.now}`],
    ["operations failed", String(summary.failed)],
    ["Bitwarden equals Okta", summary.equal ? "yes" : `NO: ${many(summary.differences.length, "difference")}`],
  ]);
  for (const difference of summary.differences) screen.say(`≠ ${difference}`);
  screen.heading("   Calls to Bitwarden by route");
  const byCount = Object.entries(summary.bitwardenCalls).sort(([, a], [, b]) => b - a);
  screen.table(byCount.map(([route, count]) => [route, String(count).padStart(4)]));
}

/** The nearest rank; 0 of nothing. */
function quantile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
}

async function acceptedEvents(stage: Stage): Promise<number> {
  const text = await stage.ask("/metrics");
  const counters = text.matchAll(/^bwbridge_hook_events_total\{[^}]*outcome="accepted"[^}]*\} (\d+)$/gm);
  return [...counters].reduce((sum, [, count]) => sum + Number(count), 0);
}
