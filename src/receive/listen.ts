import { createServer, type RequestListener } from "node:http";
import { isIPv6 } from "node:net";
import type { Log } from "../observe/log.ts";

interface ListenOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Within this time a request must have arrived whole, else 408. */
  requestTimeoutMs?: number;
  log: Log;
}

/** A bound listener. Disposing takes no new connection and gives running requests five seconds. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** Longer than the 60 s for which reverse proxies keep an idle connection, so that they close first and never meet a closed one. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How often Node looks for requests that are too slow. */
const SLOW_CHECK_MS = 500;
const MAX_HEADER_BYTES = 16_384;
const MAX_CONNECTIONS = 2_048;
const GRACE_MS = 5_000;
const IDLE_CHECK_MS = 50;

/** Serves `handler`. Rejects when the address is taken. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const server = createServer(
    {
      requestTimeout,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(SLOW_CHECK_MS, requestTimeout),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    handler,
  );
  server.maxConnections = MAX_CONNECTIONS;
  const bound = Promise.withResolvers<undefined>();
  server.once("error", bound.reject);
  server.listen(options.port, options.host, () => {
    bound.resolve(undefined);
  });
  await bound.promise;
  // Later failures are of single connections, such as no more file descriptors: the listener goes on.
  server.off("error", bound.reject).on("error", (error) => {
    options.log.error({ error }, "listener");
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;

  return {
    port,
    url: `http://${host}:${String(port)}`,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<undefined>();
      server.close(() => {
        closed.resolve(undefined);
      });
      const idle = setInterval(() => {
        server.closeIdleConnections();
      }, IDLE_CHECK_MS);
      const grace = setTimeout(() => {
        server.closeAllConnections();
      }, GRACE_MS);
      await closed.promise;
      clearInterval(idle);
      clearTimeout(grace);
    },
  };
}
