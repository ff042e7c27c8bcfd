import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runCli } from "../e2e/bridge-process.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import type { LogEvent } from "../fakes/okta/types.ts";
import { isQuiet, readWaiting } from "../faults/rows.ts";
import { openDatabase } from "../../src/store/database.ts";
import { bridgeFile, CONNECTION, HOOK_SECRET, NO_SCHEDULE, oktaConnection, secretsOf } from "../support/config.ts";
import { delivery } from "./delivery.ts";
import { MAIN, startServer, type Server } from "./process.ts";
import type { Numbered } from "./sender.ts";

const QUIET_POLL_MS = 20;

interface WorldOptions {
  users: number;
  groups: number;
  oktaLatencyMs?: number;
}

/** Both vendors in this process, and the bridge's configuration and store in a folder of their own. */
export class BenchWorld implements AsyncDisposable {
  readonly okta: OktaEmulator;
  readonly bitwarden: FakeBitwarden;
  readonly folder: string;
  readonly storeFile: string;
  readonly configFile: string;
  readonly #env: Record<string, string>;

  constructor(folder: string, okta: OktaEmulator, bitwarden: FakeBitwarden) {
    this.folder = folder;
    this.okta = okta;
    this.bitwarden = bitwarden;
    this.storeFile = join(folder, "bridge.db");
    this.configFile = join(folder, "bridge.json");
    this.#env = secretsOf(okta, bitwarden);
    this.configure(oktaConnection(okta, { schedule: NO_SCHEDULE }));
  }

  /** Writes the configuration, with this as its only connection. */
  configure(connection: object): void {
    const file = bridgeFile({ bitwarden: this.bitwarden, connections: [connection] });
    writeFileSync(this.configFile, JSON.stringify(file, null, 2));
  }

  /** Runs one command of `bwbridge` to its end; rejects when it fails. */
  async command(...args: string[]): Promise<void> {
    const { code, stdout, stderr } = await runCli([...args, "--config", this.configFile], { env: this.#env });
    if (code !== 0) throw new Error(`bwbridge ${args.join(" ")} ended with ${String(code)}\n${stdout}\n${stderr}`);
  }

  /** `bwbridge serve`, ready. */
  async serve(options: { core?: number; env?: Record<string, string>; nodeOptions?: string[] } = {}): Promise<Server> {
    return startServer([MAIN, "serve", "--config", this.configFile], {
      ...options,
      env: { ...this.#env, ...options.env },
      logFile: join(this.folder, "serve.log"),
    });
  }

  hookUrl(server: Server): string {
    return `${server.hooks}/hooks/okta/${CONNECTION}`;
  }

  /** One request for each event. */
  deliveries(server: Server, events: readonly LogEvent[]): Numbered[] {
    return events.map((event, n) => ({ n, bytes: delivery(this.hookUrl(server), HOOK_SECRET, [event]) }));
  }

  /** Resolves when nothing waits in the store; rejects when that takes longer. */
  async quiet(withinMs: number): Promise<void> {
    await using database = openDatabase(this.storeFile);
    const until = performance.now() + withinMs;
    for (;;) {
      const waiting = await readWaiting(database);
      if (isQuiet(waiting)) return;
      if (performance.now() > until) throw new Error(`still waiting in the store: ${JSON.stringify(waiting)}`);
      await wait(QUIET_POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.okta.stop();
    await this.bitwarden.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function openBenchWorld({ users, groups, oktaLatencyMs = 0 }: WorldOptions): Promise<BenchWorld> {
  const okta = await startOkta({ users, groups, activeOnly: true, latencyMs: oktaLatencyMs });
  const bitwarden = await startBitwarden({ historyLimit: 1_000_000 });
  return new BenchWorld(mkdtempSync(join(tmpdir(), "bwbridge-bench-")), okta, bitwarden);
}

/** The counts of one kind of directory reads, as the bridge's own metrics tell them. */
export async function directoryReads(server: Server): Promise<number> {
  const response = await fetch(`${server.admin}/metrics`);
  const text = await response.text();
  const values = [...text.matchAll(/^bwbridge_directory_reads_total\{.*\} (\d+)$/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
