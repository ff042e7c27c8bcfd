import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/**
 * `npm test`: every check of the project, one after the other, none left out because another failed.
 * Ends with a line `N passed, N failed`: the tests, and among the failed also each failed check.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");

/** Data that came from elsewhere stays as it came. */
const RECORDINGS = "!test/contract/bitwarden/*.json";

const CHECKS = [
  { title: "types", command: ["tsc", "--noEmit", "-p", "."] },
  { title: "lint", command: ["eslint", "-c", "test/eslint.config.js", "--max-warnings", "0", "src", "test"] },
  {
    title: "format",
    command: ["prettier", "--check", "--log-level", "warn", "src", "test", "package.json", RECORDINGS],
  },
  { title: "unused code", command: ["knip", "--no-progress"] },
];

/** The part of vitest's JSON report that is counted. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

async function run(command: readonly string[]): Promise<boolean> {
  const [name = "", ...args] = command;
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ""}` };
  const child = spawn(join(bin, name), args, { cwd: root, stdio: "inherit", env });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve(code === 0);
    });
  });
}

async function step(title: string, command: readonly string[]): Promise<boolean> {
  const startedAt = performance.now();
  console.log(`\n▶ ${title}`);
  const passed = await run(command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? "✔" : "✘"} ${title} (${seconds} s)`);
  return passed;
}

/** Runs vitest and counts; a file that cannot be loaded, or a run that dies, is at least one failure. */
async function tests(directory: string): Promise<{ passed: number; failed: number }> {
  const report = join(directory, "report.json");
  const command = ["vitest", "run", "--config", "test/vitest.config.ts", "--reporter=default", "--reporter=json"];
  const passed = await step("tests", [...command, `--outputFile.json=${report}`]);
  try {
    const { numPassedTests, numFailedTests, testResults } = reportSchema.parse(
      JSON.parse(readFileSync(report, "utf8")),
    );
    const broken = testResults.filter(
      ({ status, assertionResults }) => status === "failed" && !assertionResults.some((one) => one.status === "failed"),
    );
    const failed = numFailedTests + broken.length;
    return { passed: numPassedTests, failed: passed ? failed : Math.max(failed, 1) };
  } catch (error) {
    console.error("vitest left no report:", error);
    return { passed: 0, failed: 1 };
  }
}

async function main(): Promise<number> {
  const broken: string[] = [];
  for (const { title, command } of CHECKS) if (!(await step(title, command))) broken.push(title);
  const directory = mkdtempSync(join(tmpdir(), "bwbridge-test-"));
  const { passed, failed } = await tests(directory);
  rmSync(directory, { recursive: true, force: true });
  if (broken.length > 0) console.log(`\nfailed checks: ${broken.join(", ")}`);
  console.log(`\n${passed} passed, ${failed + broken.length} failed`);
  return failed + broken.length === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
