import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const SOURCE = fileURLToPath(new URL("../testbed/slow-fsync.c", import.meta.url));

/** The environment of a process whose every fsync takes so much longer; needs gcc. */
export function slowDisk(folder: string, delayMs: number): Record<string, string> {
  const library = join(folder, "slow-fsync.so");
  execFileSync("gcc", ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
  return { LD_PRELOAD: library, FSYNC_DELAY_US: String(delayMs * 1000) };
}
