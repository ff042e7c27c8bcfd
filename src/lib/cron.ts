/** A cron expression as the values that each field allows. */
export interface Cron {
  minutes: number[];
  hours: number[];
  /** Day of the month (1-31), month (1-12), day of the week (0 is Sunday). */
  matchesDay(day: number, month: number, weekday: number): boolean;
}

/** The five fields: name, smallest and largest value, and words for values. */
const FIELDS = [
  { name: "minute", low: 0, high: 59, words: "" },
  { name: "hour", low: 0, high: 23, words: "" },
  { name: "day of month", low: 1, high: 31, words: "" },
  { name: "month", low: 1, high: 12, words: "jan feb mar apr may jun jul aug sep oct nov dec" },
  // 7 is Sunday too.
  { name: "day of week", low: 0, high: 7, words: "sun mon tue wed thu fri sat" },
] as const;

type Field = (typeof FIELDS)[number];

/**
 * Reads the five fields minute, hour, day of month, month, day of week: numbers, names, `*`, lists,
 * ranges and steps. As in every cron, a day matches either of the two day fields when both are given.
 * What cannot be read is a problem in words; a text that is no cron expression at all, null.
 */
export function readCron(text: string): Cron | { problem: string } | null {
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts.length !== FIELDS.length) return null;
  const values: Set<number>[] = [];
  for (const [at, field] of FIELDS.entries()) {
    const read = readField(field, parts[at] ?? "");
    if (read === null) {
      const range = `field ${at + 1}: ${field.low} to ${field.high}`;
      return { problem: `has a wrong ${field.name} in its cron expression (${range})` };
    }
    values.push(read);
  }
  const [minutes, hours, days, months, weekdays] = values.map((set) => [...set].sort((a, b) => a - b));
  const allowed = { days: new Set(days), months: new Set(months), weekdays: new Set(weekdays?.map((day) => day % 7)) };
  const either = parts[2]?.startsWith("*") === false && parts[4]?.startsWith("*") === false;
  return {
    minutes: minutes ?? [],
    hours: hours ?? [],
    matchesDay(day, month, weekday) {
      if (!allowed.months.has(month)) return false;
      const [byDay, byWeekday] = [allowed.days.has(day), allowed.weekdays.has(weekday)];
      return either ? byDay || byWeekday : byDay && byWeekday;
    },
  };
}

/** The values that one field allows; null when it cannot be read. */
function readField(field: Field, text: string): Set<number> | null {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return null;
    const [, star, first = "", last, step] = match;
    const low = star === undefined ? readValue(field, first) : field.low;
    const open = star !== undefined || (last === undefined && step !== undefined);
    const high = open ? field.high : readValue(field, last ?? first);
    const by = Number(step ?? 1);
    if (low === null || high === null || low > high || by === 0) return null;
    for (let value = low; value <= high; value += by) values.add(value);
  }
  return values;
}

function readValue({ low, high, words }: Field, text: string): number | null {
  const named = words === "" ? -1 : words.split(" ").indexOf(text);
  if (named >= 0) return named + low;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= low && value <= high ? value : null;
}

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True when no calendar has a day that matches, such as 30 February. */
export function neverComes(cron: Cron): boolean {
  return LONGEST_MONTHS.every((length, month) =>
    Array.from({ length }, (_, day) => day + 1).every((day) =>
      [0, 1, 2, 3, 4, 5, 6].every((weekday) => !cron.matchesDay(day, month + 1, weekday)),
    ),
  );
}
