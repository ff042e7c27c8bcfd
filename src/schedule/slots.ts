import { BridgeError } from "../domain/errors.ts";
import type { Cron } from "../lib/cron.ts";
import { invalid, parseCron } from "./cron.ts";
import { instantsOf, zoneOffset, type OffsetAt } from "./zone.ts";

/** A fixed interval of whole seconds, or a cron expression read in a named time zone. */
export type When = { everyMs: number } | { cron: string; timezone: string };

/** The nominal times of a tick, in epoch milliseconds: the same in every process and after every restart. */
export interface Slots {
  /** The first slot after `at`. */
  next(at: number): number;
  /** The last slot at or before `at`. */
  previous(at: number): number;
}

const DAY_MS = 86_400_000;
/** Eight years and a bit: 29 February is that rare around a year such as 2100. */
const MAX_DAYS = 3_000;

/** Throws `CONFIG_INVALID` when there are no such slots. */
export function slotsOf(when: When): Slots {
  return "everyMs" in when ? intervalSlots(when.everyMs) : cronSlots(when.cron, when.timezone);
}

/** Multiples of the interval since 1970, so that slots do not depend on when a process started. */
function intervalSlots(everyMs: number): Slots {
  if (!Number.isInteger(everyMs) || everyMs < 1000) {
    throw new BridgeError({
      code: "CONFIG_INVALID",
      side: "configuration",
      message: `an interval of ${everyMs} ms cannot be used`,
      remedy: "Write an interval of one second or more.",
      retry: "never",
    });
  }
  const previous = (at: number): number => Math.floor(at / everyMs) * everyMs;
  return { previous, next: (at) => previous(at) + everyMs };
}

function cronSlots(expression: string, timezone: string): Slots {
  const cron = parseCron(expression);
  const offsetAt = knownZone(expression, timezone);
  const slots: Slots = {
    next: (at) => {
      for (const day of days(at, offsetAt, 1)) {
        const found = instantsOfDay(cron, day, offsetAt).find((slot) => slot > at);
        if (found !== undefined) return found;
      }
      throw invalid(expression, "it never happens");
    },
    previous: (at) => {
      for (const day of days(at, offsetAt, -1)) {
        const found = instantsOfDay(cron, day, offsetAt).findLast((slot) => slot <= at);
        if (found !== undefined) return found;
      }
      throw invalid(expression, "it never happens");
    },
  };
  // Refuses a day that never comes before anything depends on it.
  slots.next(0);
  return slots;
}

function knownZone(expression: string, timezone: string): OffsetAt {
  try {
    return zoneOffset(timezone);
  } catch {
    // A RangeError of the platform, whose message says no more than this one.
    throw invalid(expression, `the time zone "${timezone}" is not known`);
  }
}

/** Calendar days (as UTC midnights) in one direction, beginning a day on the other side of `at`. */
function* days(at: number, offsetAt: OffsetAt, step: 1 | -1): Generator<number> {
  const today = Math.floor((at + offsetAt(at)) / DAY_MS) * DAY_MS;
  for (let i = -1; i < MAX_DAYS; i++) yield today + i * step * DAY_MS;
}

function instantsOfDay(cron: Cron, day: number, offsetAt: OffsetAt): number[] {
  const date = new Date(day);
  if (!cron.matchesDay(date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay())) return [];
  const offset = offsetAt(day - DAY_MS);
  const steady = offset === offsetAt(day + 2 * DAY_MS);
  const found = new Set<number>();
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const local = day + (hour * 60 + minute) * 60_000;
      const instants = steady ? [local - offset] : instantsOf(local, offsetAt);
      // An hour that is shown twice counts twice only for what happens every hour.
      for (const at of cron.hours.length === 24 ? instants : instants.slice(0, 1)) found.add(at);
    }
  }
  return [...found].sort((a, b) => a - b);
}
