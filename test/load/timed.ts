import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { NODE_FLAGS } from "../e2e/node-flags.ts";

const HOOK = fileURLToPath(new URL("usage/main.ts", import.meta.url));

/** What a whole process has used. */
export interface Usage {
  wallSeconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  peakMiB: number;
}

const usageSchema = z.object({ userCPUTime: z.number(), systemCPUTime: z.number(), maxRSS: z.number() });

/** Runs Node with these arguments to its end; rejects with its output unless it ends with 0. */
export async function runTimed(args: string[], env: Record<string, string>): Promise<Usage> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, "--import", HOOK, ...args], {
    env: { ...process.env, ...env },
    // The fourth takes the usage, apart from what the program says.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const texts = ["", "", ""];
  for (const [at, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
    if (stream && "setEncoding" in stream) {
      stream.setEncoding("utf8").on("data", (text: string) => (texts[at] = (texts[at] ?? "") + text));
    }
  }
  await once(child, "close");
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (child.exitCode !== 0) throw new Error(`ended with ${String(child.exitCode)}\n${texts.join("\n")}`);
  const { userCPUTime, systemCPUTime, maxRSS } = usageSchema.parse(JSON.parse(texts[2] ?? ""));
  return { wallSeconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 };
}
