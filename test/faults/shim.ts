import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../testbed/slow-fsync.c", import.meta.url));
const COMPILER = process.env["CC"] ?? "gcc";

/** Compiles the library that makes syncs slow or fail into `directory`, for LD_PRELOAD. */
export function compileShim(directory: string): string {
  const library = join(directory, "slow-fsync.so");
  execFileSync(COMPILER, ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
  return library;
}

/** Without a C compiler the tests are skipped with a line that says so; with CI=true that is a failure. */
export function requireCompiler(): boolean {
  try {
    execFileSync(COMPILER, ["--version"], { stdio: "ignore" });
    return true;
  } catch (thrown) {
    if (process.env["CI"] === "true") throw thrown;
    process.stderr.write(`skipped: ${COMPILER} not found\n`);
    return false;
  }
}
