import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Admin } from "./admin.ts";
import { announcesTooMuch } from "./body.ts";
import { Core } from "./core.ts";
import { dump, type Dump } from "./dump.ts";
import type { Faults } from "./faults.ts";
import type { History } from "./history.ts";
import type { BitwardenOptions } from "./options.ts";
import type { World } from "./world.ts";

/** A running emulator of Bitwarden's Public API, in the self-hosted shape: /api and /identity under one URL. */
export interface FakeBitwarden extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; works as `serverUrl`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly identityUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The readable model. Its organization may be edited at any time. */
  readonly state: World;
  readonly admin: Admin;
  readonly faults: Faults;
  readonly history: History;
  dump(): Dump;
  /** Resolves when no call is being carried out any more, those included that a proxy has given up on. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an emulator; rejects when the port is taken or the dialect is not emulated. */
export async function startBitwarden(options: BitwardenOptions = {}): Promise<FakeBitwarden> {
  const core = new Core(options);
  const host = options.host ?? "127.0.0.1";
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void core.serve(request, response));
  // A body that is announced as too large is refused before the client is told to send it.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (!announcesTooMuch(request)) response.writeContinue();
    void core.serve(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${String(port)}`;
  core.url = url;
  async function stop(): Promise<void> {
    core.closing.abort();
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
  return {
    url,
    apiUrl: `${url}/api`,
    identityUrl: `${url}/identity`,
    clientId: `organization.${core.world.organization.id}`,
    get clientSecret() {
      return core.world.organization.apiKey ?? "";
    },
    state: core.world,
    admin: core.admin,
    faults: core.faults,
    history: core.history,
    dump: () => dump(core.world),
    settled: () => core.settled(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
