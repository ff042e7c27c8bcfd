import { randomUUID } from "node:crypto";
import { newApiKey } from "./admin.ts";
import type { DialectName } from "./dialect.ts";
import { CLOUD_LIMITS, type Limits } from "./limiter.ts";
import type { Organization, Plan } from "./model.ts";
import { isAtLeast } from "./router.ts";
import type { Slowness } from "./slowness.ts";

export interface BitwardenOptions extends Slowness {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  organizationId?: string;
  apiKey?: string;
  dialect?: DialectName;
  /** Null (default) is unlimited; Teams Starter has 10 and Free 2. */
  seats?: number | null;
  /** Null (default) is no cap. */
  maxAutoscaleSeats?: number | null;
  plan?: Plan;
  /** Default cloud: the 2,000 limit of small imports, autoscaling. */
  hosted?: "cloud" | "self";
  /** Default off; true is the cloud's rules; an object changes single numbers. */
  limiter?: boolean | Partial<Limits>;
  /** For latencies that are drawn; default 1. */
  seed?: number;
  /** Life of a token; default 3600 with the API's skew of 300 s; when given, the skew is 0. */
  tokenSeconds?: number;
  stagedFlag?: boolean;
  /** Server version; older ones lack revoke/restore (before 2026.2.0) and staged people (before 2026.7.0). */
  version?: string;
  /** E-mail of the confirmed owner that every organization has; null for none. */
  owner?: string | null;
  /** Calls kept in the history; default 10,000. */
  historyLimit?: number;
  /** Clock of the limiter and the tokens, milliseconds since the epoch. */
  now?: () => number;
}

export const NEWEST_VERSION = "2026.8.0";

export function organizationFrom(options: BitwardenOptions): Organization {
  const plan = options.plan ?? "enterprise";
  const planSeats = plan === "teams-starter" ? 10 : plan === "free" ? 2 : null;
  const staged = options.stagedFlag === true && isAtLeast(options.version ?? NEWEST_VERSION, "2026.7.0");
  return {
    id: (options.organizationId ?? randomUUID()).toLowerCase(),
    apiKey: options.apiKey ?? newApiKey(),
    enabled: true,
    useApi: plan !== "free",
    useDirectory: plan !== "free",
    useGroups: plan !== "free",
    useEvents: plan !== "free",
    useCustomPermissions: plan === "enterprise",
    plan,
    hosted: options.hosted ?? "cloud",
    seats: options.seats === undefined ? planSeats : options.seats,
    maxAutoscaleSeats: options.maxAutoscaleSeats ?? null,
    hasPayment: true,
    subscriptionCancelled: false,
    managedByProvider: false,
    mailWorks: true,
    stagedFlag: staged,
  };
}

/** Null: no limiter. */
export function limitsFrom(option: BitwardenOptions["limiter"]): Limits | null {
  if (option === undefined || option === false) return null;
  return option === true ? CLOUD_LIMITS : { ...CLOUD_LIMITS, ...option };
}

export function slownessFrom({ latencyMs, mailMs, groupMs, gatewayTimeoutMs }: BitwardenOptions): Slowness {
  return {
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(mailMs === undefined ? {} : { mailMs }),
    ...(groupMs === undefined ? {} : { groupMs }),
    ...(gatewayTimeoutMs === undefined ? {} : { gatewayTimeoutMs }),
  };
}
