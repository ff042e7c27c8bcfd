import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { pick, seededRandom } from "../fakes/okta/random.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { bridgeFile, CONNECTION, HOOK_SECRET, NO_SCHEDULE, oktaConnection, secretsOf } from "../support/config.ts";
import { Bridge } from "./bridge.ts";

/** Both vendors in this process, a store on disk, and a bridge that is not running yet. */
export interface FaultWorld extends AsyncDisposable {
  okta: OktaEmulator;
  bitwarden: FakeBitwarden;
  bridge: Bridge;
  directory: string;
  storeFile: string;
  hookUrl: string;
  /** The value of the hook's Authorization header. */
  secret: string;
  /** Leaves the directory behind when the world is disposed of. */
  keep(): void;
}

export interface WorldOptions {
  seed: number;
  users: number;
  groups: number;
  /** Before the work of every call to Bitwarden: room for a kill between two requests. */
  bitwardenLatencyMs: number;
}

/** Guards wide open and schedules off: whatever happens was asked for by the script. */
export async function openWorld(options: WorldOptions): Promise<FaultWorld> {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "bwbridge-faults-"));
  let kept = false;
  stack.defer(() => {
    if (!kept) rmSync(directory, { recursive: true, force: true });
  });
  const { seed, users, groups } = options;
  const okta = stack.use(await startOkta({ users, groups, seed, activeOnly: true }));
  const bitwarden = stack.use(await startBitwarden({ latencyMs: options.bitwardenLatencyMs, historyLimit: 1_000_000 }));
  const port = await freePort(seed);
  const storeFile = join(directory, "bridge.db");
  const configFile = join(directory, "bridge.json");
  const connection = oktaConnection(okta, { sync: { groupDeletion: "delete" }, schedule: NO_SCHEDULE });
  const file = bridgeFile({ bitwarden, connections: [connection], hooksPort: port });
  writeFileSync(configFile, JSON.stringify(file, null, 2));
  const env = secretsOf(okta, bitwarden);
  const bridge = stack.use(new Bridge({ configFile, env, logFile: join(directory, "bridge.log") }));
  const cleanup = stack.move();
  return {
    okta,
    bitwarden,
    bridge,
    directory,
    storeFile,
    hookUrl: `http://127.0.0.1:${String(port)}/hooks/okta/${CONNECTION}`,
    secret: HOOK_SECRET,
    keep: () => {
      kept = true;
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** Below the range that outgoing connections take theirs from, so that nobody takes it between two lives. */
async function freePort(seed: number): Promise<number> {
  const random = seededRandom(seed ^ process.pid);
  const candidates = Array.from({ length: 10_000 }, (_, at) => 20_000 + at);
  for (;;) {
    const port = pick(random, candidates);
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return port;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    } finally {
      server.close();
    }
  }
}
