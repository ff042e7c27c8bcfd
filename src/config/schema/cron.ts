import { neverComes, readCron } from "../../lib/cron.ts";

export const NOT_A_CADENCE = "must be a duration such as 5m, off, or a cron expression of five fields";

/** Why a text is not a five-field cron expression that comes round; undefined when it is one. */
export function cronProblem(text: string): string | undefined {
  const cron = readCron(text);
  if (cron === null) return NOT_A_CADENCE;
  if ("problem" in cron) return cron.problem;
  return neverComes(cron) ? "is a cron expression for a day that never comes" : undefined;
}
