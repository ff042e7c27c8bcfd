import { secretValues } from "../config/secrets/values.ts";
import type { Config } from "../config/parse.ts";
import { createLog, type Log } from "../observe/log.ts";
import { prettyLines } from "../observe/pretty-lines.ts";

/** How long a secret read for scrubbing stays known; a rotated one is scrubbed soon after. */
const SECRETS_MS = 60_000;

/** The log of a process: `stdout` for the service; commands keep standard output for their answer. */
export function openLog(config: Config, destination: "stdout" | "stderr" | "none"): Log {
  const level = destination === "none" ? "silent" : config.log.level;
  const secrets = remembered(() => secretValues(config), SECRETS_MS);
  if (destination === "stdout" && !config.log.pretty) return createLog({ level, secrets });
  const stream = destination === "stdout" ? process.stdout : process.stderr;
  return createLog({ level, secrets, destination: config.log.pretty ? prettyLines(stream) : stream });
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
