import { parseArgs } from "node:util";
import { z } from "zod";
import { startBitwarden } from "./server.ts";

/**
 * Runs the emulator on its own: `node test/fakes/bitwarden/main.ts --port 4010`. Every option can also come from the
 * environment (`--token-seconds` is `FAKE_BITWARDEN_TOKEN_SECONDS`). Prints one line of JSON when it listens.
 */
const NAMES = [
  "port",
  "host",
  "organization-id",
  "api-key",
  "dialect",
  "seats",
  "hosted",
  "limiter",
  "latency-ms",
  "mail-ms",
  "gateway-timeout-ms",
  "token-seconds",
  "staged",
  "version",
  "history-limit",
] as const;

const count = z.coerce.number().int().min(0).exactOptional();
const flag = z.stringbool().exactOptional();
const schema = z.object({
  port: count,
  host: z.string().exactOptional(),
  "organization-id": z.guid().exactOptional(),
  "api-key": z.string().min(1).exactOptional(),
  dialect: z.enum(["bitwarden-mssql", "bitwarden-ef", "vaultwarden"]).exactOptional(),
  seats: count,
  hosted: z.enum(["cloud", "self"]).exactOptional(),
  limiter: flag,
  /** `20`, or a range such as `5-50`. */
  "latency-ms": z
    .string()
    .regex(/^\d+(-\d+)?$/)
    .transform(latencyFrom)
    .exactOptional(),
  "mail-ms": count,
  "gateway-timeout-ms": count,
  "token-seconds": count,
  staged: flag,
  version: z.string().exactOptional(),
  "history-limit": count,
});

function latencyFrom(text: string): number | [number, number] {
  const [least = 0, most] = text.split("-").map(Number);
  return most === undefined ? least : [least, most];
}

function readOptions(): z.infer<typeof schema> {
  const options = Object.fromEntries(NAMES.map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ options });
  const given: Record<string, unknown> = {};
  for (const name of NAMES) {
    const value = values[name] ?? process.env[`FAKE_BITWARDEN_${name.toUpperCase().replaceAll("-", "_")}`];
    if (value !== undefined) given[name] = value;
  }
  return schema.parse(given);
}

const {
  "organization-id": organizationId,
  "api-key": apiKey,
  "latency-ms": latencyMs,
  "mail-ms": mailMs,
  "gateway-timeout-ms": gatewayTimeoutMs,
  "token-seconds": tokenSeconds,
  "history-limit": historyLimit,
  staged,
  ...rest
} = readOptions();
const bitwarden = await startBitwarden({
  ...rest,
  ...(organizationId === undefined ? {} : { organizationId }),
  ...(apiKey === undefined ? {} : { apiKey }),
  ...(latencyMs === undefined ? {} : { latencyMs }),
  ...(mailMs === undefined ? {} : { mailMs }),
  ...(gatewayTimeoutMs === undefined ? {} : { gatewayTimeoutMs }),
  ...(tokenSeconds === undefined ? {} : { tokenSeconds }),
  ...(historyLimit === undefined ? {} : { historyLimit }),
  ...(staged === undefined ? {} : { stagedFlag: staged }),
});
const { url, apiUrl, identityUrl, clientId, clientSecret } = bitwarden;
process.stdout.write(`${JSON.stringify({ url, apiUrl, identityUrl, clientId, clientSecret })}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void bitwarden.stop());
