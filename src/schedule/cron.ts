import { BridgeError } from "../domain/errors.ts";
import { readCron, type Cron } from "../lib/cron.ts";

/** Reads a five-field cron expression. Throws `CONFIG_INVALID`. */
export function parseCron(expression: string): Cron {
  const cron = readCron(expression);
  if (cron === null) throw invalid(expression, "it does not have five fields");
  if ("problem" in cron) throw invalid(expression, `it ${cron.problem}`);
  return cron;
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
