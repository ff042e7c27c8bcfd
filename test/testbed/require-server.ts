import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Can the tests have slapd? What is missing is installed where we are root. When it cannot be had the
 * tests are skipped with a line that says so; with CI=true that is a failure. For
 * `describe.skipIf(!requireServer("slapd"))`.
 */
export function requireServer(name: "slapd"): boolean {
  try {
    execFileSync(join(import.meta.dirname, `${name}.sh`), ["install"], { stdio: ["ignore", "ignore", "pipe"] });
    return true;
  } catch (thrown) {
    if (process.env["CI"] === "true") throw thrown;
    process.stderr.write(`skipped: ${name} not found\n`);
    return false;
  }
}
