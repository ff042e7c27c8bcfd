import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { pick, seededRandom } from "../fakes/okta/random.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { Bridge } from "./bridge.ts";

export const CONNECTION = "okta-main";
const SECRET = "faults-hook-secret-0123456789";

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
  writeFileSync(configFile, JSON.stringify(configuration(okta, bitwarden, port, storeFile), null, 2));
  const env = { OKTA_TOKEN: okta.token, HOOK_SECRET: SECRET, BW_SECRET: bitwarden.clientSecret };
  const bridge = stack.use(new Bridge({ configFile, env, logFile: join(directory, "bridge.log") }));
  const cleanup = stack.move();
  return {
    okta,
    bitwarden,
    bridge,
    directory,
    storeFile,
    hookUrl: `http://127.0.0.1:${String(port)}/hooks/okta/${CONNECTION}`,
    secret: SECRET,
    keep: () => {
      kept = true;
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

function configuration(okta: OktaEmulator, bitwarden: FakeBitwarden, port: number, storeFile: string): object {
  const open = { max: 1_000_000, percent: 100 };
  return {
    listen: { hooks: `127.0.0.1:${String(port)}`, admin: "127.0.0.1:0" },
    store: { sqlite: storeFile },
    organizations: [
      {
        name: "acme",
        bitwarden: { serverUrl: bitwarden.url, clientId: bitwarden.clientId, clientSecret: { env: "BW_SECRET" } },
        firstRun: "apply",
        guard: { members: open, memberships: { ...open, percentOfGroup: 100 }, groups: open, invitations: open },
      },
    ],
    connections: [
      {
        name: CONNECTION,
        organization: "acme",
        directory: { type: "okta", orgUrl: okta.url, token: { env: "OKTA_TOKEN" } },
        sync: { groupDeletion: "delete" },
        schedule: { poll: "off", reconcile: "off" },
        push: { enabled: true, secrets: [{ env: "HOOK_SECRET" }] },
      },
    ],
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
