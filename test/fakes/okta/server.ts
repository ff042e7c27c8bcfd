import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { OktaAdmin } from "./admin.ts";
import { handleBackdoor } from "./backdoor.ts";
import type { OktaEmulator } from "./emulator.ts";
import { FaultPlan } from "./faults.ts";
import { EventFeed } from "./feed.ts";
import { handleApi } from "./handle.ts";
import type { ApiContext } from "./handle.ts";
import { HookRegistry } from "./hook-registry.ts";
import { OktaHooks } from "./hooks.ts";
import { RateLimiter } from "./rate-limit.ts";
import type { RateLimit } from "./rate-limit.ts";
import { groupRoutes } from "./routes-groups.ts";
import { hookRoutes } from "./routes-hooks.ts";
import { logRoutes } from "./routes-logs.ts";
import { userRoutes } from "./routes-users.ts";
import { OktaState } from "./state.ts";

export type { OktaEmulator };

export interface OktaOptions {
  /** 0 (any free port) unless given; always on 127.0.0.1. */
  port?: number;
  token?: string;
  /** How many people and groups (beside Everyone) the org starts with: 200 and 15. */
  users?: number;
  groups?: number;
  /** The same seed makes the same org. */
  seed?: number;
  /** Everybody ACTIVE, instead of the usual mixture of statuses. */
  activeOnly?: boolean;
  /** A cap on every page, so that small orgs have many pages. */
  pageSize?: number;
  /** How long an answer is held back after it was made: what it says may be stale when it arrives. */
  latencyMs?: number;
  /** Enforced only when given; the headers are always there. */
  rateLimit?: RateLimit;
  concurrencyLimit?: number;
  /** Offer the admin back door over HTTP below `/__admin/`, without a token. */
  backdoor?: boolean;
}

/** Starts an Okta org on a port of this machine. */
export async function startOkta(options: OktaOptions = {}): Promise<OktaEmulator> {
  const stopping = new AbortController();
  const { users = 200, groups = 15, seed = 1, activeOnly = false, pageSize = Infinity } = options;
  const state = new OktaState({ users, groups, seed, activeOnly });
  const feed = new EventFeed(state);
  const admin = new OktaAdmin(state, feed);
  const registry = new HookRegistry(state.newId, feed, stopping.signal);
  const hooks = new OktaHooks(registry, feed, () => emulator.url, stopping.signal);
  const routes = [
    ...userRoutes(state, pageSize),
    ...groupRoutes(state, pageSize),
    ...logRoutes(state, pageSize),
    ...hookRoutes(registry),
  ];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (options.backdoor && request.url?.startsWith("/__admin/")) await handleBackdoor(emulator, request, response);
    else await handleApi(context, request, response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    stopping.abort();
    admin.stop();
    hooks.stop();
    await close(server);
  };
  const context: ApiContext = {
    url: addressOf(server),
    token: options.token ?? "00emulatorTokenNotASecret",
    routes,
    faults: new FaultPlan(),
    limiter: new RateLimiter(options.rateLimit, options.concurrencyLimit),
    history: [],
    latencyMs: options.latencyMs ?? 0,
    signal: stopping.signal,
  };
  const emulator: OktaEmulator = {
    url: context.url,
    token: context.token,
    state,
    admin,
    hooks,
    faults: context.faults,
    limiter: context.limiter,
    history: context.history,
    setLatency: (latencyMs) => {
      context.latencyMs = latencyMs;
    },
    dump: () => state.dump(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return emulator;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the emulator does not listen on a port");
  return `http://127.0.0.1:${address.port.toFixed()}`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
