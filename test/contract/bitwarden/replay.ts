import { compare, type Mismatch } from "./compare.ts";
import { messageOf, type Recording, type Scenario } from "./recording.ts";
import { Session } from "./session.ts";

export interface Difference extends Mismatch {
  file: string;
  scenario: string;
  /** Counted from 1. */
  step: number;
}

export interface Report {
  scenarios: number;
  passed: number;
  failed: number;
  /** The first one of each failed scenario: what follows it means little. */
  differences: Difference[];
}

/** Replays one scenario on an emulator of its own; null when every answer is the recorded one. */
export async function replayScenario(file: string, scenario: Scenario): Promise<Difference | null> {
  await using session = await Session.start(scenario);
  for (const [index, step] of scenario.steps.entries()) {
    const mismatch = await mismatchOf(session, step);
    if (mismatch !== null) return { file, scenario: scenario.name, step: index + 1, ...mismatch };
  }
  return null;
}

async function mismatchOf(session: Session, step: Scenario["steps"][number]): Promise<Mismatch | null> {
  try {
    const { expected, seen } = await session.run(step);
    return expected === undefined ? null : compare(expected, seen);
  } catch (error) {
    return { path: "", expected: "an answer", got: messageOf(error) };
  }
}

export async function replayAll(recordings: readonly Recording[]): Promise<Report> {
  const report: Report = { scenarios: 0, passed: 0, failed: 0, differences: [] };
  for (const { file, scenarios } of recordings) {
    for (const scenario of scenarios) {
      const difference = await replayScenario(file, scenario);
      report.scenarios += 1;
      if (difference === null) report.passed += 1;
      else report.differences.push(difference);
    }
  }
  report.failed = report.differences.length;
  return report;
}
