import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { NODE_FLAGS } from "../e2e/node-flags.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Far beyond the budget, so that a slow machine is reported by the budget and not as a hang. */
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 30_000;
const LINES_KEPT = 40;

const readyLine = z.object({ msg: z.literal("ready"), hooks: z.url() });

export interface BridgeOptions {
  configFile: string;
  env: Record<string, string>;
  /** Every line of every life is appended here. */
  logFile: string;
}

/** The real process, `bwbridge serve`, which is started, killed and started again on the same store. */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined;
  #startedAt = 0;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** The last lines of output, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Starts a process; `ready` resolves to the milliseconds until it received and worked. `more`: environment. */
  start(more: Record<string, string> = {}): { ready: Promise<number> } {
    const { configFile, env } = this.#options;
    this.#startedAt = performance.now();
    const child = spawn(process.execPath, [...NODE_FLAGS, main, "serve", "--config", configFile], {
      env: { PATH: process.env["PATH"] ?? "", ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
      });
    });
    const ready = this.#untilReady(child, this.#exited);
    // A round that kills during the start does not wait for it.
    ready.catch(() => undefined);
    return { ready };
  }

  /** SIGKILL: no handler runs, nothing is flushed. Resolves when the kernel has taken the process away. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    const exit = await this.#exited;
    this.#child = undefined;
    if (exit !== undefined && exit.signal !== "SIGKILL") {
      throw new Error(`the bridge had ended by itself: exit ${String(exit.code)}, signal ${String(exit.signal)}`);
    }
  }

  /** SIGTERM: resolves when the process has ended in order, rejects when it has not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    const exit = await this.#exited;
    clearTimeout(timer);
    this.#child = undefined;
    if (exit?.code !== 0) throw new Error(`SIGTERM: exit ${String(exit?.code)}, signal ${String(exit?.signal)}`);
  }

  /** Ends whatever still runs; for cleaning up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
    this.#child = undefined;
  }

  async #untilReady(child: ChildProcess, exited: Promise<unknown>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        this.#keep(line);
        if (isReady(line)) resolve(performance.now() - this.#startedAt);
      });
    }
    const timer = setTimeout(() => {
      reject(new Error(`not ready within ${String(READY_TIMEOUT_MS)} ms`));
    }, READY_TIMEOUT_MS);
    exited.then(
      () => {
        reject(new Error("the bridge ended before it was ready"));
      },
      (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #keep(line: string): void {
    appendFileSync(this.#options.logFile, `${line}\n`);
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }
}

function isReady(line: string): boolean {
  if (!line.includes('"ready"')) return false;
  const parsed: unknown = JSON.parse(line);
  return readyLine.safeParse(parsed).success;
}
