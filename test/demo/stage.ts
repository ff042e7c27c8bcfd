import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { runCli, startBridge, type BridgeProcess, type CliResult } from "../e2e/bridge-process.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { configText, HOOK_SECRET } from "./config.ts";

/** Both emulators answer after this time, as servers on the same continent do. */
const LATENCY_MS = 30;
const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 30_000;
/** Nothing more is called once Bitwarden was left alone for so long and no hint waits. */
const QUIET_MS = 120;
const LAST_LINES = 15;
const ENDING_MS = 200;

/** Of `/health`, what the demo looks at. */
const healthSchema = z.object({
  connections: z.array(z.object({ waiting: z.number(), lastReconciliationAtMs: z.number().nullable() })).length(1),
  organizations: z.array(z.object({ held: z.number(), failed: z.number() })).length(1),
});

export interface Health {
  /** Subjects that Okta has spoken of and that are not dealt with. */
  waiting: number;
  held: number;
  failed: number;
  /** Whether the whole directory has been read once. */
  readOnce: boolean;
}

/** Two emulators and the real bridge between them. Disposing stops all three and removes the files. */
export interface Stage extends AsyncDisposable {
  readonly okta: OktaEmulator;
  readonly bitwarden: FakeBitwarden;
  readonly bridge: BridgeProcess;
  /** The path of the configuration file. */
  readonly config: string;
  /** Aborted when the person at the terminal wants to end. */
  readonly signal: AbortSignal;
  /** Runs the real command line beside the service; throws when it fails with a code that is not allowed. */
  cli(args: string[], allowed?: number[]): Promise<CliResult>;
  /** What the admin listener answers. */
  ask(path: string): Promise<string>;
  health(): Promise<Health>;
  /** Waits for a condition; throws when the bridge ended, or when it takes too long. */
  until(what: string | (() => string), condition: () => boolean | Promise<boolean>, patienceMs?: number): Promise<void>;
  /** Waits until the bridge has nothing more to do now. */
  settled(): Promise<void>;
}

/** Starts everything on free ports of this machine. */
export async function openStage(users: number, signal: AbortSignal): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const okta = stack.use(await startOkta({ users, backdoor: true, latencyMs: LATENCY_MS }));
  const bitwarden = stack.use(await startBitwarden({ latencyMs: LATENCY_MS }));
  const folder = await mkdtemp(join(tmpdir(), "bwbridge-demo-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "bridge.yaml");
  await writeSecret(join(folder, "okta-token"), okta.token);
  await writeSecret(join(folder, "bitwarden-secret"), bitwarden.clientSecret);
  await writeSecret(join(folder, "hook-secret"), HOOK_SECRET);
  await writeFile(config, configText(okta.url, bitwarden.url, bitwarden.clientId));
  const bridge = stack.use(await startBridge({ config }));
  return new RunningStage({ okta, bitwarden, bridge, config, signal }, stack.move());
}

type Parts = Pick<Stage, "okta" | "bitwarden" | "bridge" | "config" | "signal">;

class RunningStage implements Stage {
  readonly okta: OktaEmulator;
  readonly bitwarden: FakeBitwarden;
  readonly bridge: BridgeProcess;
  readonly config: string;
  readonly signal: AbortSignal;
  readonly #stack: AsyncDisposableStack;

  constructor(parts: Parts, stack: AsyncDisposableStack) {
    this.okta = parts.okta;
    this.bitwarden = parts.bitwarden;
    this.bridge = parts.bridge;
    this.config = parts.config;
    this.signal = parts.signal;
    this.#stack = stack;
  }

  async cli(args: string[], allowed: number[] = [0]): Promise<CliResult> {
    const result = await runCli([...args, "--config", this.config], { signal: this.signal });
    this.signal.throwIfAborted();
    if (result.code !== null && allowed.includes(result.code)) return result;
    this.#checkAlive();
    const said = `${result.stdout}${result.stderr}`.trimEnd();
    throw new Error(`bwbridge ${args.join(" ")} ended with ${String(result.code)}:\n${said}`);
  }

  async ask(path: string): Promise<string> {
    try {
      const response = await fetch(`${this.bridge.admin}${path}`, { signal: this.signal });
      return await response.text();
    } catch (error) {
      this.signal.throwIfAborted();
      // A connection is refused a little before the process is known to have ended.
      await sleep(ENDING_MS);
      this.#checkAlive();
      throw error;
    }
  }

  async health(): Promise<Health> {
    const { connections, organizations } = healthSchema.parse(JSON.parse(await this.ask("/health")));
    const [connection, organization] = [connections[0], organizations[0]];
    return {
      waiting: connection?.waiting ?? 0,
      readOnce: typeof connection?.lastReconciliationAtMs === "number",
      held: organization?.held ?? 0,
      failed: organization?.failed ?? 0,
    };
  }

  async until(
    what: string | (() => string),
    condition: () => boolean | Promise<boolean>,
    patienceMs: number = PATIENCE_MS,
  ): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      this.signal.throwIfAborted();
      this.#checkAlive();
      if (await condition()) return;
      if (performance.now() > giveUpAt) {
        const named = typeof what === "string" ? what : what();
        throw new Error(
          `Waited ${patienceMs / 1_000} s in vain for this: ${named}. The bridge's last lines:\n${this.#lastLines()}`,
        );
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.signal });
    }
  }

  async settled(): Promise<void> {
    await this.okta.hooks.idle();
    const { history } = this.bitwarden;
    let [last, since] = [history.last, performance.now()];
    await this.until("the bridge has nothing left to do", async () => {
      if (history.last !== last) [last, since] = [history.last, performance.now()];
      if (performance.now() - since < QUIET_MS) return false;
      return (await this.health()).waiting === 0 && history.last === last;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #checkAlive(): void {
    if (!isAlive(this.bridge.pid)) throw new Error(`The bridge has ended. Its last lines:\n${this.#lastLines()}`);
  }

  #lastLines(): string {
    return this.bridge.logs
      .slice(-LAST_LINES)
      .map((line) => JSON.stringify(line))
      .join("\n");
  }
}

async function writeSecret(path: string, secret: string): Promise<void> {
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
