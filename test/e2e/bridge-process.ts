import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { NODE_FLAGS } from "./node-flags.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const READY_MS = 20_000;

export interface ProcessOptions {
  /** The configuration file. */
  config: string;
  /** Beside the test's own environment: where secrets are. */
  env?: Record<string, string>;
}

const lineSchema = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().default("") });
const readySchema = lineSchema.extend({ hooks: z.string(), admin: z.string(), startMs: z.number() });

export type LogLine = z.infer<typeof lineSchema>;

/** `bwbridge serve` in a process of its own. Disposing stops it in order. */
export interface BridgeProcess extends AsyncDisposable {
  /** Base URLs of the listeners. */
  readonly hooks: string;
  readonly admin: string;
  /** From the start of the process until it was ready. */
  readonly startMs: number;
  readonly pid: number;
  /** Everything it has logged so far. */
  readonly logs: LogLine[];
  /** Ends it with SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

/** Starts the real `serve` and waits until it is ready; rejects with its output when it is not. */
export async function startBridge(options: ProcessOptions): Promise<BridgeProcess> {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, "serve", "--config", options.config], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const logs: LogLine[] = [];
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ready = Promise.withResolvers<z.infer<typeof readySchema>>();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = parseLine(text);
    logs.push(line);
    if (line.msg === "ready") ready.resolve(readySchema.parse(line));
  });
  const notReady = (why: string): void => {
    ready.reject(
      new Error(`the bridge is not ready: ${why}\n${errors}\n${logs.map((line) => JSON.stringify(line)).join("\n")}`),
    );
  };
  child.once("exit", (code) => {
    notReady(`it ended with ${String(code)}`);
  });
  const timer = setTimeout(notReady, READY_MS, "it takes too long");
  try {
    const { hooks, admin, startMs } = await ready.promise;
    const stop = async (): Promise<number | null> => end(child, exited, "SIGTERM");
    return {
      hooks,
      admin,
      startMs,
      pid: child.pid ?? 0,
      logs,
      stop,
      async kill() {
        await end(child, exited, "SIGKILL");
      },
      async [Symbol.asyncDispose]() {
        await stop();
      },
    };
  } catch (error) {
    await end(child, exited, "SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  await exited;
  return child.exitCode;
}

function parseLine(text: string): LogLine {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    // Not a log line: kept, so that a test that fails shows it.
    return { level: "(not a log line)", time: "", msg: text };
  }
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one command to its end in a process of its own. */
export async function runCli(
  args: string[],
  options: {
    env?: Record<string, string>;
    cwd?: string;
    /** Ends it with SIGTERM. */
    signal?: AbortSignal;
    /** Hears everything on standard output so far, whenever there is more. */
    onOutput?: (stdout: string) => void;
  } = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...args], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.signal?.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    options.onOutput?.(stdout);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}
