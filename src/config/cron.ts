export const NOT_A_CADENCE = "must be a duration such as 5m, off, or a cron expression of five fields";

/** The five fields of a cron expression: name, smallest and largest value, and words for values. */
const FIELDS = [
  { name: "minute", low: 0, high: 59, words: "" },
  { name: "hour", low: 0, high: 23, words: "" },
  { name: "day of month", low: 1, high: 31, words: "" },
  { name: "month", low: 1, high: 12, words: "jan feb mar apr may jun jul aug sep oct nov dec" },
  // 7 is Sunday too.
  { name: "day of week", low: 0, high: 7, words: "sun mon tue wed thu fri sat" },
] as const;

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

type Field = (typeof FIELDS)[number];

function numberOf(field: Field, text: string): number | undefined {
  const index = field.words === "" ? -1 : field.words.split(" ").indexOf(text.toLowerCase());
  if (index >= 0) return index + field.low;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.low && value <= field.high ? value : undefined;
}

/** The values that one field allows; undefined when it cannot be read. */
function valuesOf(field: Field, text: string): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return undefined;
    const [, start = "", end, stepText] = match;
    if (start === "*" && end !== undefined) return undefined;
    const low = start === "*" ? field.low : numberOf(field, start);
    const alone = stepText === undefined ? low : field.high;
    const high = start === "*" ? field.high : end === undefined ? alone : numberOf(field, end);
    const step = stepText === undefined ? 1 : Number(stepText);
    if (low === undefined || high === undefined || low > high || step < 1) return undefined;
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return values;
}

/** Why a text is not a five-field cron expression that comes round; undefined when it is one. */
export function cronProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return NOT_A_CADENCE;
  const sets: Set<number>[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const values = valuesOf(field, parts[index] ?? "");
    if (values === undefined) {
      return `has a wrong ${field.name} in its cron expression (field ${index + 1}: ${field.low} to ${field.high})`;
    }
    sets.push(values);
  }
  const firstDay = Math.min(...(sets[2] ?? []));
  const months = [...(sets[3] ?? [])];
  const neverComes = months.every((month) => firstDay > (LONGEST_MONTHS[month - 1] ?? 0));
  return neverComes && parts[4]?.startsWith("*") === true
    ? "is a cron expression for a day that never comes"
    : undefined;
}
