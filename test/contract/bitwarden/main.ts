import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf, readRecordings, type Recording } from "./recording.ts";
import { replayAll, type Difference, type Report } from "./replay.ts";

/**
 * `npm run recorded -- [--dir FOLDER] [--json]`: replays recordings of the official server against the emulator. Exit
 * code 0: all answers are equal; 1: some differ; 2: nothing was replayed.
 */
const USAGE = "usage: npm run recorded -- [--dir FOLDER] [--json]";
const OWN_FOLDER = fileURLToPath(new URL(".", import.meta.url));

function readArguments(): { folder: string; json: boolean } {
  const { values } = parseArgs({ options: { dir: { type: "string" }, json: { type: "boolean" } } });
  return { folder: values.dir ?? OWN_FOLDER, json: values.json === true };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function line({ file, scenario, step, path, expected, got }: Difference): string {
  return `✘ ${file}: ${scenario}\n    step ${String(step)} ${path}\n    expected ${shown(expected)}\n    got      ${shown(got)}`;
}

function print(report: Report, json: boolean): void {
  if (json) {
    // On one line, so that it can be told from what npm prints before it.
    console.log(JSON.stringify(report));
    return;
  }
  for (const difference of report.differences) console.log(line(difference));
  console.log(`${report.passed} of ${report.scenarios} scenarios passed, ${report.failed} failed`);
}

function prepare(): { recordings: Recording[]; json: boolean } | null {
  try {
    const { folder, json } = readArguments();
    return { recordings: readRecordings(folder), json };
  } catch (error) {
    console.error(`${messageOf(error)}\n${USAGE}`);
    return null;
  }
}

const prepared = prepare();
if (prepared === null) process.exitCode = 2;
else {
  const report = await replayAll(prepared.recordings);
  print(report, prepared.json);
  process.exitCode = report.failed === 0 ? 0 : 1;
}
