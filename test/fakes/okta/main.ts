import { parseArgs } from "node:util";
import { startOkta } from "./server.ts";

/**
 * The emulator in a process of its own. Prints one JSON line `{url, token}` when it listens; ends on SIGTERM or SIGINT.
 * Every flag may also come from the environment: `--page-size 50` or `OKTA_EMULATOR_PAGE_SIZE=50`.
 */
const { values } = parseArgs({
  options: {
    port: { type: "string" },
    token: { type: "string" },
    users: { type: "string" },
    groups: { type: "string" },
    seed: { type: "string" },
    "page-size": { type: "string" },
    "latency-ms": { type: "string" },
    "per-minute": { type: "string" },
    concurrency: { type: "string" },
    "active-only": { type: "boolean" },
  },
});
type Name = Exclude<keyof typeof values, "active-only">;

function text(name: Name): string | undefined {
  return values[name] ?? process.env[`OKTA_EMULATOR_${name.toUpperCase().replaceAll("-", "_")}`];
}

function number(name: Name): number | undefined {
  const given = text(name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not ${given}`);
  return value;
}

const token = text("token");
const perMinute = number("per-minute");
const concurrencyLimit = number("concurrency");
const okta = await startOkta({
  port: number("port") ?? 0,
  users: number("users") ?? 200,
  groups: number("groups") ?? 15,
  seed: number("seed") ?? 1,
  pageSize: number("page-size") ?? Infinity,
  latencyMs: number("latency-ms") ?? 0,
  activeOnly: values["active-only"] === true,
  backdoor: true,
  ...(token !== undefined && { token }),
  ...(perMinute !== undefined && { rateLimit: { perMinute } }),
  ...(concurrencyLimit !== undefined && { concurrencyLimit }),
});

process.stdout.write(`${JSON.stringify({ url: okta.url, token: okta.token })}\n`);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void okta.stop());
}
