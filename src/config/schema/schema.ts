import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { organizationSchema, type OrganizationConfig } from "./organization.ts";
import type { Problem } from "../problems.ts";
import { addressSchema, pathSchema, urlSchema } from "./values.ts";

const listenSchema = z
  .strictObject({
    hooks: addressSchema()
      .prefault("0.0.0.0:8080")
      .meta({ description: "Where event hooks arrive; a reverse proxy with TLS stands in front.", kind: "host:port" }),
    admin: addressSchema()
      .prefault("127.0.0.1:8081")
      .meta({ description: "Metrics, health and administration. Keep it on loopback.", kind: "host:port" }),
  })
  .superRefine(({ hooks, admin }, context) => {
    if (hooks.port === 0 || hooks.host !== admin.host || hooks.port !== admin.port) return;
    context.addIssue({ code: "custom", path: ["admin"], message: "must differ from listen.hooks" });
  })
  .prefault({});

const logSchema = z
  .strictObject({
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info")
      .meta({ description: "The least severe lines to write." }),
    pretty: z.boolean().default(false).meta({ description: "Lines for people instead of JSON." }),
  })
  .prefault({});

const storeSchema = z
  .strictObject({
    sqlite: pathSchema()
      .prefault("./data/bridge.db")
      .meta({ description: "The database file; its folder must be on a local disk." }),
  })
  .prefault({});

/** Bitwarden's cloud counts requests per client address, so one host has one pace. */
function paceProblems(organizations: readonly OrganizationConfig[]): Problem[] {
  const hosts = new Map<string, { index: number; pace: string }>();
  const problems: Problem[] = [];
  for (const [index, { bitwarden }] of organizations.entries()) {
    const host = new URL(bitwarden.urls.api).host;
    const pace = JSON.stringify(bitwarden.pace, (_key, rate: unknown) => (rate === Infinity ? "unlimited" : rate));
    const first = hosts.get(host);
    if (first === undefined) hosts.set(host, { index, pace });
    else if (first.pace !== pace) {
      const message = `must be the same as of organizations[${first.index}]: both are on ${host}, which counts them together`;
      problems.push({ path: [index, "bitwarden", "pace"], message });
    }
  }
  return problems;
}

/** The single source of the configuration: checking, types, defaults, documentation, redaction. */
export const configSchema = z.strictObject({
  listen: listenSchema,
  publicUrl: urlSchema().optional().meta({ description: "The bridge's own address as directories reach it." }),
  trustProxy: z.int().min(0).max(16).default(0).meta({
    description:
      "How many reverse proxies stand in front, exactly: so many addresses of `X-Forwarded-For` are believed.",
  }),
  store: storeSchema,
  log: logSchema,
  organizations: z
    .array(organizationSchema)
    .min(1)
    .superRefine(
      (organizations, context) => {
        for (const { path, message } of paceProblems(organizations)) {
          context.addIssue({ code: "custom", path: [...path], message });
        }
      },
      { when: ({ issues }) => issues.length === 0 },
    )
    .meta({ description: "The Bitwarden organizations that are written to." }),
  connections: z.array(connectionSchema).default([]).meta({ description: "The directories that are read." }),
});

export type ConfigValues = z.output<typeof configSchema>;
