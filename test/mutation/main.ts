import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";

/**
 * `npm run mutation [-- --json file …]`: changes `src/domain` in one place after the other and asks whether a test notices.
 * Prints the share of changes that were noticed, without texts for people, and those that were not, by file and line.
 * Fails below the share that is asked for. Takes about ten minutes, so it is no part of `npm test`.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const REQUIRED_PERCENT = 90;

type Mutant = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

interface Judged {
  place: string;
  original: string;
  replacement: string;
  noticed: boolean;
}

function lines(text: string): string[] {
  return text.split("\n");
}

/** What stood where the mutant was put; lines and columns begin with 1. */
function originalOf({ fileName, location: { start, end } }: Mutant): string {
  const within = lines(readFileSync(fileName, "utf8")).slice(start.line - 1, end.line);
  const last = within.length - 1;
  return within
    .map((line, at) => line.slice(at === 0 ? start.column - 1 : 0, at === last ? end.column - 1 : undefined))
    .join("\n");
}

function judge(mutant: Mutant): Judged {
  return {
    place: `${relative(root, mutant.fileName)}:${mutant.location.start.line}`,
    original: originalOf(mutant),
    replacement: mutant.replacement,
    noticed: mutant.status === "Killed" || mutant.status === "Timeout",
  };
}

/** Words for people hold a blank; codes, types and states do not. */
function isText(mutant: Mutant): boolean {
  return mutant.mutatorName === "StringLiteral" && originalOf(mutant).includes(" ");
}

function oneLine(code: string): string {
  const short = code.replaceAll(/\s+/g, " ");
  return short.length > 70 ? `${short.slice(0, 67)}...` : short;
}

async function main(): Promise<boolean> {
  const files = process.argv.slice(2).filter((argument) => argument !== "--json");
  const stryker = new Stryker({
    mutate: files.length > 0 ? files : ["src/domain/**/*.ts"],
    testRunner: "vitest",
    vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    coverageAnalysis: "perTest",
    concurrency: 2,
    tempDirName: "coverage/mutation",
    ignorePatterns: ["coverage", "data", ".ci", "deploy"],
    reporters: ["progress-append-only"],
    allowConsoleColors: false,
  });
  const mutants = await stryker.runMutationTest();
  const counted = mutants.filter((mutant) => mutant.status !== "Ignored" && !isText(mutant)).map(judge);
  const alive = counted.filter(({ noticed }) => !noticed);
  const percent = ((counted.length - alive.length) / counted.length) * 100;
  for (const { place, original, replacement } of alive) {
    console.log(`${place}  ${oneLine(original)}  →  ${oneLine(replacement)}`);
  }
  const texts = mutants.length - counted.length;
  console.log(
    `\n${counted.length - alive.length} of ${counted.length} changes noticed (${percent.toFixed(1)} %), ` +
      `${alive.length} not; ${texts} changes of texts for people not counted`,
  );
  const ok = percent >= REQUIRED_PERCENT;
  if (process.argv.includes("--json")) {
    const metrics = { changes: counted.length, unnoticed: alive.length, noticedPercent: Number(percent.toFixed(1)) };
    console.log(JSON.stringify({ name: "mutation", ok, metrics, budgets: { noticedPercent: REQUIRED_PERCENT } }));
  }
  return ok;
}

process.exitCode = (await main()) ? 0 : 1;
