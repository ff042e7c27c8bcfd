import type { RequestListener } from "node:http";
import { openApp, type App, type AppOptions } from "../app.ts";
import type { Config } from "../config/parse.ts";
import { addressText, type ListenAddress } from "../config/schema/values.ts";
import { createAdminApp } from "../console/admin.ts";
import { BridgeError } from "../domain/errors.ts";
import type { Log } from "../observe/log.ts";
import { listen, type Listening } from "../receive/listen.ts";
import { hookReceiver } from "./hooks.ts";
import { readHealth, refreshGauges } from "./state.ts";

/** The whole bridge at work. Disposing closes the listeners first: what is still being received can be written down. */
export interface Service extends AsyncDisposable {
  readonly app: App;
  readonly hooks: Listening;
  readonly admin: Listening;
}

/** Builds everything from a configuration and starts it; `clock` as in `App.start`. */
export async function startService(config: Config, options: AppOptions, clock: boolean): Promise<Service> {
  const { log, metrics } = options;
  await using stack = new AsyncDisposableStack();
  const app = stack.use(await openApp(config, options));
  const hooks = stack.use(await listenOn(config.listen.hooks, "listen.hooks", hookReceiver(app, options), log));
  const admin = createAdminApp({
    health: () => readHealth(config, app.database),
    metrics,
    refreshGauges: () => refreshGauges(config, app.database, metrics),
    log,
  });
  const adminListener = stack.use(await listenOn(config.listen.admin, "listen.admin", admin, log));
  await app.start({ clock });
  const open = stack.move();
  return { app, hooks, admin: adminListener, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Listens on a configured address; what keeps it from that is said with the name of the key. */
async function listenOn(address: ListenAddress, key: string, handler: RequestListener, log: Log): Promise<Listening> {
  try {
    return await listen(handler, { ...address, log });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const where = `${addressText(address)} (${key})`;
    if (code === "EADDRINUSE") {
      throw new BridgeError({
        code: "ADDRESS_IN_USE",
        side: "bridge",
        message: `another process already listens on ${where}`,
        remedy: `Stop that process, or choose another port in ${key}.`,
        retry: "later",
        cause,
      });
    }
    throw new BridgeError({
      code: "CONFIG_INVALID",
      side: "configuration",
      message: `it is not possible to listen on ${where}: ${code}`,
      remedy:
        code === "EACCES"
          ? "Ports below 1024 need a privilege: choose a higher one, and let the reverse proxy have the low one."
          : `Set ${key} to an address of this machine.`,
      retry: "never",
      cause,
    });
  }
}
