import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli, startBridge, type BridgeProcess, type CliResult } from "../../../e2e/bridge-process.ts";
import type { FakeBitwarden } from "../../../fakes/bitwarden/server.ts";
import type { Work } from "./spin.ts";
import type { Setting } from "../setting.ts";
import type { Source } from "../oracle/source.ts";

export const SECRET = "histories-hook-secret-0123456789abcdef";
const COMMAND_MS = 60_000;
const LINES_SHOWN = 15;

/** The real process on a store of its own, started, killed and started again; and the command line beside it. */
export class Bridge implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "bwbridge-history-"));
  readonly storeFile = join(this.folder, "bridge.db");
  /** Commands that were ended because they did not end. */
  readonly unanswered: string[] = [];
  readonly #configFile = join(this.folder, "bridge.json");
  readonly #env: Record<string, string>;
  readonly #commands = new Set<Promise<CliResult>>();
  #process: BridgeProcess | undefined;
  #kept = false;

  constructor(setting: Setting, sources: readonly Source[], bitwarden: FakeBitwarden) {
    this.#env = { BW_SECRET: bitwarden.clientSecret, HOOK_SECRET: SECRET };
    for (const { name, okta } of sources) this.#env[tokenName(name)] = okta.token;
    writeFileSync(this.#configFile, JSON.stringify(configuration(setting, sources, bitwarden), null, 2));
  }

  /** Where the hooks of a connection go; null while there is no process. */
  hookUrl({ name }: Source): string | null {
    return this.#process === undefined ? null : `${this.#process.hooks}/hooks/okta/${name}`;
  }

  /** Where the process listens for hooks; null while there is none. */
  baseUrl(): string | null {
    return this.#process?.hooks ?? null;
  }

  async start(): Promise<void> {
    this.#process = await startBridge({ config: this.#configFile, env: this.#env });
  }

  /** SIGKILL: nothing is flushed. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.kill();
  }

  /** SIGTERM; answers the exit code and the milliseconds it took. */
  async stop(): Promise<{ code: number | null; ms: number }> {
    const running = this.#process;
    this.#process = undefined;
    const startedAt = performance.now();
    const code = (await running?.stop()) ?? null;
    return { code, ms: performance.now() - startedAt };
  }

  /** Whether the process has ended without being told to. */
  hasDied(): boolean {
    if (this.#process === undefined) return false;
    try {
      process.kill(this.#process.pid, 0);
      return false;
    } catch {
      return true;
    }
  }

  /** How long its threads have run so far, and how long they waited for a processor, in ms. */
  work(): Work {
    if (this.#process === undefined) return { ranMs: 0, waitedMs: 0 };
    const tasks = `/proc/${String(this.#process.pid)}/task`;
    const each = readdirSync(tasks).map((task) => workOf(join(tasks, task, "schedstat")));
    return each.reduce((sum, one) => ({ ranMs: sum.ranMs + one.ranMs, waitedMs: sum.waitedMs + one.waitedMs }));
  }

  /** A command in a process of its own, beside the service; one that takes longer than COMMAND_MS is ended. */
  run(...args: string[]): Promise<CliResult> {
    const signal = AbortSignal.timeout(COMMAND_MS);
    const command = runCli([...args, "--config", this.#configFile], { env: this.#env, signal }).finally(() => {
      this.#commands.delete(command);
      if (signal.aborted) this.unanswered.push(args.join(" "));
    });
    this.#commands.add(command);
    return command;
  }

  /** Resolves when no command is under way. */
  async commandsEnded(): Promise<void> {
    await Promise.allSettled(this.#commands);
  }

  /** The last lines of its log that are not about good news. */
  lines(): string[] {
    const lines = (this.#process?.logs ?? []).filter(({ level }) => level !== "info");
    return lines.slice(-LINES_SHOWN).map((line) => JSON.stringify(line).slice(0, 400));
  }

  /** Leaves the folder behind. */
  keep(): void {
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.commandsEnded();
    if (!this.#kept) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Linux counts, in ns, the time on a processor and the time spent waiting for one; a thread may end meanwhile. */
function workOf(schedstat: string): Work {
  try {
    const [ran = 0, waited = 0] = readFileSync(schedstat, "utf8").split(" ").map(Number);
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
  } catch {
    return { ranMs: 0, waitedMs: 0 };
  }
}

function tokenName(connection: string): string {
  return `TOKEN_${connection.replaceAll("-", "_").toUpperCase()}`;
}

/** Schedules off, so that whatever happens was asked for; guards wide open unless the history is about them. */
function configuration(setting: Setting, sources: readonly Source[], bitwarden: FakeBitwarden): object {
  const { guarded, leaver, groupDeletion } = setting;
  const open = { max: 1_000_000, percent: 100 };
  const narrow = { max: 2, percent: 5 };
  const guard = {
    members: guarded ? narrow : open,
    memberships: guarded ? { max: 6, percent: 100, percentOfGroup: 40 } : { ...open, percentOfGroup: 100 },
    groups: open,
    invitations: open,
  };
  return {
    listen: { hooks: "127.0.0.1:0", admin: "127.0.0.1:0" },
    store: { sqlite: "bridge.db" },
    organizations: [
      {
        name: "acme",
        bitwarden: { serverUrl: bitwarden.url, clientId: bitwarden.clientId, clientSecret: { env: "BW_SECRET" } },
        firstRun: "apply",
        guard,
      },
    ],
    connections: sources.map(({ name, okta, authoritative, included }) => ({
      name,
      organization: "acme",
      ...(authoritative ? { authoritative } : {}),
      directory: { type: "okta", orgUrl: okta.url, token: { env: tokenName(name) } },
      sync: { leaver, groupDeletion, ...(included ? { groupFilter: `include:${included.join(",")}` } : {}) },
      schedule: { poll: "off", reconcile: "off" },
      push: { enabled: true, secrets: [{ env: "HOOK_SECRET" }] },
    })),
  };
}
