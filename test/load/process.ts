import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { NODE_FLAGS } from "../e2e/node-flags.ts";

const READY_MS = 30_000;
const POLL_MS = 2;
/** `sysconf(_SC_CLK_TCK)` of every Linux: /proc/PID/stat counts in these. */
const TICK_MS = 10;

const readySchema = z.looseObject({ msg: z.literal("ready"), hooks: z.url(), admin: z.string() });

export const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
export const BARE = fileURLToPath(new URL("bare/main.ts", import.meta.url));

/** Whether processes can be kept on one core each, so that load and server do not take each other's time. */
export const canPin = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** Keeps this process, with all its threads, on one core. */
export function pinSelf(core: number): void {
  if (canPin) spawnSync("taskset", ["-a", "-c", "-p", String(core), String(process.pid)]);
}

interface ServerOptions {
  /** Where its output goes: to a file, so that reading it costs the load nothing. */
  logFile: string;
  env?: Record<string, string>;
  /** Options of Node itself. */
  nodeOptions?: string[];
  /** Kept on this core, when that is possible. */
  core?: number;
}

/** A server process that says `{"msg":"ready","hooks":URL,…}` when it listens. Disposing stops it in order. */
export class Server implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  hooks = "";
  admin = "";
  /** From before the process was started until it said that it was ready. */
  readyMs = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Processor time used so far, of all threads. */
  cpuMs(): number {
    const stat = this.#proc("stat");
    // The name, in parentheses, may hold spaces; user and system time are fields 14 and 15 of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  /** Resident memory now, and the most it ever was. */
  memoryMiB(): { now: number; peak: number } {
    const status = this.#proc("status");
    const mib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: mib("VmRSS"), peak: mib("VmHWM") };
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    this.#child.kill("SIGTERM");
    await this.#exited;
    if (this.#child.exitCode !== 0) throw new Error(`the server ended with ${String(this.#child.exitCode)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #proc(name: string): string {
    return readFileSync(`/proc/${String(this.#child.pid)}/${name}`, "utf8");
  }
}

/** Starts a server and waits until it is ready; rejects with its output when it is not. */
export async function startServer(args: string[], options: ServerOptions): Promise<Server> {
  const output = openSync(options.logFile, "w");
  const command = [process.execPath, ...NODE_FLAGS, ...(options.nodeOptions ?? []), ...args];
  const pinned = options.core !== undefined && canPin ? ["taskset", "-c", String(options.core), ...command] : command;
  const [file = "", ...rest] = pinned;
  const startedAt = performance.now();
  const child = spawn(file, rest, { env: { ...process.env, ...options.env }, stdio: ["ignore", output, output] });
  closeSync(output);
  const server = new Server(child);
  while (!server.ended && performance.now() - startedAt < READY_MS) {
    await wait(POLL_MS);
    const line = readFileSync(options.logFile, "utf8")
      .split("\n")
      .find((text) => text.includes('"msg":"ready"') && text.endsWith("}"));
    if (line === undefined) continue;
    const { hooks, admin } = readySchema.parse(JSON.parse(line));
    return Object.assign(server, { hooks, admin, readyMs: performance.now() - startedAt });
  }
  child.kill("SIGKILL");
  throw new Error(`the server is not ready:\n${readFileSync(options.logFile, "utf8")}`);
}
