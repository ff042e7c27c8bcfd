import { keysOf } from "./keys.ts";
import { configSchema } from "./schema.ts";

/**
 * Paths for pino's `redact`, from the schema's secrecy marks: each secret key where the configuration has it,
 * and under its own name at the top of a log line and one and two levels down.
 */
export function secretPaths(): string[] {
  const paths = new Set<string>();
  for (const { path, marks } of keysOf(configSchema)) {
    if (marks.secret !== true) continue;
    const key = path.slice(path.lastIndexOf(".") + 1);
    for (const pattern of [path.replaceAll("[]", "[*]"), key, `*.${key}`, `*.*.${key}`]) paths.add(pattern);
  }
  return [...paths];
}
