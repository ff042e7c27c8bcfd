import { randomBytes } from "node:crypto";
import { z } from "zod";
import { isHookEligible } from "./event-types.ts";
import { OktaApiFault, validationFailed } from "./errors.ts";
import { deservesRetry, exchange } from "./exchange.ts";
import type { ExchangeResult } from "./exchange.ts";
import type { EventFeed } from "./feed.ts";

/** At most 25 active hooks per org and 300 types per hook (concepts/event-hooks). */
const maxActiveHooks = 25;
const maxEventTypes = 300;

const hookBody = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  events: z.object({
    type: z.literal("EVENT_TYPE"),
    items: z.array(z.string()).min(1).max(maxEventTypes),
    filter: z.unknown().optional(),
  }),
  channel: z.object({
    type: z.literal("HTTP"),
    version: z.literal("1.0.0"),
    config: z.object({
      uri: z.url(),
      headers: z.array(z.object({ key: z.string().min(1), value: z.string() })).nullish(),
      authScheme: z
        .object({ type: z.literal("HEADER"), key: z.string().min(1), value: z.string().optional() })
        .nullish(),
    }),
  }),
});

export interface EventHook {
  id: string;
  status: "ACTIVE" | "INACTIVE";
  verificationStatus: "UNVERIFIED" | "VERIFIED";
  name: string;
  description: string | null;
  created: string;
  lastUpdated: string;
  eventTypes: string[];
  uri: string;
  headers: { key: string; value: string }[];
  /** The secret is write-only: it is sent to the hook and never shown by the API. */
  auth: { key: string; value: string } | null;
}

/** The hooks of the org: what the `/api/v1/eventHooks` calls do. */
export class HookRegistry {
  readonly hooks = new Map<string, EventHook>();
  readonly #newId: (prefix: string) => string;
  readonly #feed: EventFeed;
  readonly #signal: AbortSignal;
  /** Three seconds, unless a test is in a hurry. */
  timeoutMs = 3_000;

  constructor(newId: (prefix: string) => string, feed: EventFeed, signal: AbortSignal) {
    this.#newId = newId;
    this.#feed = feed;
    this.#signal = signal;
  }

  /** A new hook is ACTIVE and UNVERIFIED. Throws the 400 for a body Okta would refuse. */
  create(body: unknown): EventHook {
    if ([...this.hooks.values()].filter((hook) => hook.status === "ACTIVE").length >= maxActiveHooks) {
      throw validationFailed("eventHook", "the maximum number of active event hooks is 25");
    }
    const now = new Date().toISOString();
    const fields = readBody(body, null);
    const hook: EventHook = {
      ...fields,
      id: this.#newId("who"),
      status: "ACTIVE",
      verificationStatus: "UNVERIFIED",
      created: now,
      lastUpdated: now,
    };
    this.hooks.set(hook.id, hook);
    this.#log("event_hook.created", hook);
    return hook;
  }

  /** A changed channel (address, headers or secret) must be verified again. */
  replace(hook: EventHook, body: unknown): void {
    const fields = readBody(body, hook);
    const channelOf = ({ uri, headers, auth }: Pick<EventHook, "uri" | "headers" | "auth">) =>
      JSON.stringify([uri, headers, auth]);
    if (channelOf(fields) !== channelOf(hook)) hook.verificationStatus = "UNVERIFIED";
    Object.assign(hook, fields, { lastUpdated: new Date().toISOString() });
    this.#log("event_hook.updated", hook);
  }

  setStatus(hook: EventHook, status: EventHook["status"]): void {
    hook.status = status;
    hook.lastUpdated = new Date().toISOString();
    this.#log(status === "ACTIVE" ? "event_hook.activated" : "event_hook.deactivated", hook);
  }

  remove(hook: EventHook): void {
    if (hook.status === "ACTIVE") throw validationFailed("eventHook", "an active event hook cannot be deleted");
    this.hooks.delete(hook.id);
    this.#log("event_hook.deleted", hook);
  }

  /** The only GET Okta ever sends to a hook: the challenge must come back. Throws the 400 with the reason. */
  async verify(hook: EventHook): Promise<void> {
    const challenge = randomBytes(24).toString("base64url");
    let result = await this.#challenge(hook, challenge);
    if (deservesRetry(result)) result = await this.#challenge(hook, challenge);
    const problem = verificationProblem(result, challenge);
    if (problem !== undefined) {
      throw new OktaApiFault(400, "E0000001", "Api validation failed: eventHook", [`Verification failed: ${problem}`]);
    }
    hook.verificationStatus = "VERIFIED";
    hook.lastUpdated = new Date().toISOString();
    this.#log("event_hook.verified", hook);
  }

  /** The secret is not sent along: whether Okta does is not documented, and without it is the harder case. */
  #challenge(hook: EventHook, challenge: string): Promise<ExchangeResult> {
    const headers = { accept: "application/json", "x-okta-verification-challenge": challenge };
    return exchange({ method: "GET", url: hook.uri, headers, timeoutMs: this.timeoutMs, signal: this.#signal });
  }

  #log(eventType: string, hook: EventHook): void {
    this.#feed.record(eventType, [hookTarget(hook)], { only: "log" });
  }
}

export function hookTarget(hook: EventHook) {
  return { id: hook.id, type: "event_hook", alternateId: hook.uri, displayName: hook.name, detailEntry: null };
}

function verificationProblem(result: ExchangeResult, challenge: string): string | undefined {
  if (result.kind === "timeout") return "the endpoint did not answer in time";
  if (result.kind === "failed") return `the endpoint could not be reached (${result.reason})`;
  if (result.status !== 200) return `the endpoint answered ${result.status.toFixed()}`;
  const answer = z.object({ verification: z.literal(challenge) });
  try {
    const value: unknown = JSON.parse(result.body);
    return answer.safeParse(value).success ? undefined : "the verification value does not match";
  } catch {
    return "the answer is not JSON";
  }
}

/** Keeps the known secret when a PUT does not repeat it. */
function readBody(body: unknown, known: EventHook | null) {
  const parsed = hookBody.safeParse(body);
  if (!parsed.success) throw validationFailed("eventHook", z.prettifyError(parsed.error));
  const { name, description, events, channel } = parsed.data;
  const { uri, headers, authScheme } = channel.config;
  const unknownType = events.items.find((type) => !isHookEligible(type));
  if (unknownType !== undefined)
    throw validationFailed("events.items", `${unknownType} is not eligible for event hooks`);
  // Filters are an early access feature that has to be switched on per org; this org has not.
  if (events.filter !== undefined && events.filter !== null) throw validationFailed("events.filter", "not enabled");
  if (!isAcceptable(uri)) throw validationFailed("channel.config.uri", "must be https");
  const secret = authScheme?.value ?? known?.auth?.value;
  return {
    name,
    description: description ?? null,
    eventTypes: events.items,
    uri,
    headers: headers ?? [],
    auth: authScheme && secret !== undefined ? { key: authScheme.key, value: secret } : null,
  };
}

/** Okta takes https only; plain http to this machine is the emulator's one exception. */
function isAcceptable(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}
