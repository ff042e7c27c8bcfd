import type { RequestListener } from "node:http";
import type { App, AppOptions } from "../app.ts";
import type { Config } from "../config/parse.ts";
import type { ConnectionConfig } from "../config/schema/connection.ts";
import { resolveSecret } from "../config/secrets/resolve.ts";
import type { HookVerifier } from "../directories/verified.ts";
import type { ReceiverDeps } from "../receive/deps.ts";
import { createReceiver } from "../receive/receiver.ts";
import { organizationRow } from "../store/state.ts";
import { hooksOf } from "./directories.ts";
import { remembered } from "./log.ts";

/** A rotated secret counts after a second, and a burst reads it once a second. */
const SECRETS_MS = 1_000;
/** After a commit that failed, this long without a good one means: send elsewhere. Then senders may try again. */
const DOUBT_MS = 10_000;

/** Where a connection's event hooks arrive, below `/hooks/`. */
export function hookAddress({ name, directory }: ConnectionConfig): string {
  return `${directory.type}/${name}`;
}

/** Receives the event hooks of all connections into the app's inbox. */
export function hookReceiver(app: App, { log, metrics }: Pick<AppOptions, "log" | "metrics">): RequestListener {
  return createReceiver({
    verifiers: verifiersOf(app.config),
    ...readinessOf(app),
    onAccepted(connection) {
      app.ring(connection);
    },
    log,
    metrics,
    trustProxy: app.config.trustProxy,
  });
}

function verifiersOf(config: Config): Map<string, HookVerifier> {
  const verifiers = new Map<string, HookVerifier>();
  for (const connection of config.connections) {
    const { name, push } = connection;
    const secrets = remembered(() => push.secrets.map((reference) => resolveSecret(reference).reveal()), SECRETS_MS);
    const verifier = hooksOf(connection)?.verifier({ connection: name, header: push.header, secrets });
    if (verifier !== undefined) verifiers.set(hookAddress(connection), verifier);
  }
  return verifiers;
}

/** The app's inbox, and whether an event could be written down now: the store answers, and did not just fail. */
function readinessOf({ inbox, database, config }: App): Pick<ReceiverDeps, "inbox" | "ready"> {
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    inbox: {
      async accept(connection, events) {
        try {
          const accepted = await inbox.accept(connection, events);
          failedAt = Number.NEGATIVE_INFINITY;
          return accepted;
        } catch (error) {
          failedAt = performance.now();
          throw error;
        }
      },
    },
    async ready() {
      await organizationRow(database.reader, config.organizations[0]?.name ?? "");
      return performance.now() - failedAt > DOUBT_MS;
    },
  };
}
