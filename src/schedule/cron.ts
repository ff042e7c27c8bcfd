import { BridgeError } from "../domain/errors.ts";

/** A cron expression as the values that each field allows. */
export interface Cron {
  minutes: number[];
  hours: number[];
  /** Day of the month (1-31), month (1-12), day of the week (0 is Sunday). */
  matchesDay(day: number, month: number, weekday: number): boolean;
}

interface Field {
  name: string;
  min: number;
  max: number;
  names?: string[];
}

const MINUTE: Field = { name: "minute", min: 0, max: 59 };
const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY: Field = { name: "day of month", min: 1, max: 31 };
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH: Field = { name: "month", min: 1, max: 12, names: MONTHS };
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** 7 is Sunday too. */
const WEEKDAY: Field = { name: "day of week", min: 0, max: 7, names: WEEKDAYS };

/**
 * Reads the five fields minute, hour, day of month, month, day of week: numbers, names, `*`, lists,
 * ranges and steps. As in every cron, a day matches either of the two day fields when both are given.
 * Throws `CONFIG_INVALID`.
 */
export function parseCron(expression: string): Cron {
  const fields = expression.trim().toLowerCase().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  if (fields.length !== 5) throw invalid(expression, `it has ${fields.length} fields instead of 5`);
  const values = (text: string, field: Field): number[] => parseField(expression, text, field);
  const days = new Set(values(day, DAY));
  const months = new Set(values(month, MONTH));
  const weekdays = new Set(values(weekday, WEEKDAY).map((value) => value % 7));
  const either = !day.startsWith("*") && !weekday.startsWith("*");
  return {
    minutes: values(minute, MINUTE),
    hours: values(hour, HOUR),
    matchesDay(d, m, w) {
      if (!months.has(m)) return false;
      return either ? days.has(d) || weekdays.has(w) : days.has(d) && weekdays.has(w);
    },
  };
}

/** The error of an expression that cannot be followed. */
export function invalid(expression: string, reason: string): BridgeError {
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    message: `the cron expression "${expression}" cannot be used: ${reason}`,
    remedy: 'Write minute, hour, day of month, month and day of week, such as "0 3 * * *" for three every night.',
    retry: "never",
  });
}

function parseField(expression: string, text: string, field: Field): number[] {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw invalid(expression, `"${part}" is no ${field.name}`);
    const [, star, first = "", last, step] = match;
    const from = star === undefined ? valueOf(expression, first, field) : field.min;
    const open = star !== undefined || (last === undefined && step !== undefined);
    const to = open ? field.max : valueOf(expression, last ?? first, field);
    const by = Number(step ?? 1);
    if (from > to || by === 0) throw invalid(expression, `"${part}" is empty`);
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function valueOf(expression: string, text: string, { name, min, max, names = [] }: Field): number {
  const named = names.indexOf(text);
  const value = named === -1 ? Number(text) : named + min;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(expression, `"${text}" is no ${name}`);
}
