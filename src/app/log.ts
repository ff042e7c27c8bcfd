import type { Config } from "../config/parse.ts";
import { secretValues } from "../config/secrets/check.ts";
import { createLog, type Log } from "../observe/log.ts";
import { prettyLines } from "../observe/pretty-lines.ts";

/** How long a secret read for scrubbing stays known; a rotated one is scrubbed soon after. */
const SECRETS_MS = 60_000;

/** The log of the service, on standard output. Commands have none: standard output is for their answer. */
export function openLog(config: Config): Log {
  const secrets = remembered(() => secretValues(config), SECRETS_MS);
  const { level, pretty } = config.log;
  return createLog({ level, secrets, ...(pretty ? { destination: prettyLines(process.stdout) } : {}) });
}

/** Resolves once everything logged is written. */
export async function flushLog(log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    log.flush(() => {
      resolve();
    });
  });
}

/** The same answer again for a while. What throws is asked again at once. */
export function remembered<T>(ask: () => T, forMs: number): () => T {
  let known: { value: T; until: number } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || now >= known.until) known = { value: ask(), until: now + forMs };
    return known.value;
  };
}
