import { z } from "zod";
import { neverComes, readCron } from "../../lib/cron.ts";

/** How often something happens: never, at an interval, or by the clock. */
export type Cadence = { kind: "off" } | { kind: "every"; everyMs: number } | { kind: "cron"; expression: string };

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_MS = 7 * UNITS_MS.d;

const NOT_A_CADENCE = "must be a duration such as 5m, off, or a cron expression of five fields";

/** Why a text is not a five-field cron expression that comes round; undefined when it is one. */
export function cronProblem(text: string): string | undefined {
  const cron = readCron(text);
  if (cron === null) return NOT_A_CADENCE;
  if ("problem" in cron) return cron.problem;
  return neverComes(cron) ? "is a cron expression for a day that never comes" : undefined;
}

function parseCadence(text: string): Cadence | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === "off") return { kind: "off" };
  const match = /^(\d{1,6})([smhd])$/.exec(trimmed);
  if (match === null) {
    const problem = cronProblem(trimmed);
    return problem === undefined ? { kind: "cron", expression: trimmed.split(/\s+/).join(" ") } : { problem };
  }
  const unit = z.enum(["s", "m", "h", "d"]).parse(match[2]);
  const everyMs = Number(match[1]) * UNITS_MS[unit];
  if (everyMs < UNITS_MS.s || everyMs > LONGEST_MS) return { problem: "must be from 1s to 7d" };
  return { kind: "every", everyMs };
}

/** The words an administrator would write: `5m`, `0 3 * * *`, `off`. */
export function cadenceText(cadence: Cadence): string {
  switch (cadence.kind) {
    case "off":
      return "off";
    case "cron":
      return cadence.expression;
    case "every": {
      const unit = (["d", "h", "m"] as const).find((candidate) => cadence.everyMs % UNITS_MS[candidate] === 0) ?? "s";
      return `${cadence.everyMs / UNITS_MS[unit]}${unit}`;
    }
  }
}

export function cadenceSchema() {
  return z
    .codec(z.string({ error: NOT_A_CADENCE }), z.custom<Cadence>(), {
      decode(text, context) {
        const cadence = parseCadence(text);
        if (!("problem" in cadence)) return cadence;
        context.issues.push({ code: "custom", message: cadence.problem, input: text });
        return z.NEVER;
      },
      encode: cadenceText,
    })
    .meta({ kind: "duration, cron or off" });
}

function isTimezone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    // Intl has no other way to ask: RangeError means that the name is unknown.
    return false;
  }
}

export function timezoneSchema(): z.ZodString {
  return z.string().refine(isTimezone, "must be a time zone such as UTC or Europe/Berlin");
}
