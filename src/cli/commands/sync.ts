import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { chooseConnections } from "../arguments.ts";
import { exitCodeOfCode } from "../errors.ts";
import { request } from "../request.ts";
import { answer } from "../terminal/answer.ts";
import { count, operationsText } from "../terminal/words.ts";

const reportSchema = z.array(
  z.looseObject({
    connection: z.string(),
    organization: z.string(),
    mode: z.string(),
    full: z.boolean(),
    stopped: z.boolean(),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    read: z.looseObject({ users: z.number(), groups: z.number() }).nullable(),
    operations: z.array(z.object({ type: z.string(), state: z.string(), count: z.number() })),
  }),
);
type Report = z.infer<typeof reportSchema>[number];

/** Reads the directory now and brings Bitwarden in step; waits until nothing is left to do. */
export async function sync(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [name] = call.words;
  chooseConnections(config, name);
  const asked = { command: "sync" as const, connection: name ?? null, full: call.flag("full") };
  const { result, holder } = await request(config, asked, call);
  const reports = reportSchema.parse(result);
  answer(call, { carriedOutBy: holder, connections: reports }, () => reports.flatMap(linesOf));
  return worst(reports.map(exitCodeOf));
}

function linesOf(report: Report): string[] {
  const { connection, organization, full, stopped, failure, read } = report;
  const lines = [`${connection} → ${organization}`];
  if (stopped) {
    return [...lines, `  stopped: nothing was read or written; \`bwbridge start ${connection}\` starts it again`];
  }
  if (read !== null) lines.push(`  read      everything: ${count(read.users, "user")}, ${count(read.groups, "group")}`);
  else if (!full) lines.push("  read      what changed since the last time");
  if (failure !== null) lines.push(`  problem   ${failure.message}`);
  for (const [title, states] of STATES) {
    const counts = report.operations.filter(({ state }) => states.includes(state));
    if (counts.length > 0) lines.push(`  ${title.padEnd(9)} ${operationsText(counts)}`);
  }
  if (report.operations.length === 0 && failure === null) lines.push("  nothing to do: Bitwarden is in step");
  if (countOf(report, "held") > 0) lines.push("  Held operations wait for a person: see `bwbridge held`.");
  if (countOf(report, "failed") > 0) lines.push("  Why they failed: see `bwbridge status`.");
  return lines;
}

const STATES: [string, string[]][] = [
  ["done", ["done"]],
  ["to send", ["ready", "waiting", "sending"]],
  ["held", ["held"]],
  ["rejected", ["rejected"]],
  ["failed", ["failed"]],
];

function countOf(report: Report, state: string): number {
  return report.operations.filter((row) => row.state === state).reduce((sum, row) => sum + row.count, 0);
}

function exitCodeOf(report: Report): ExitCode {
  if (report.failure !== null) return exitCodeOfCode(report.failure.code);
  if (countOf(report, "failed") > 0) return EXIT.bitwarden;
  // What is still to be sent was refused for now, and is tried again later.
  if (report.mode === "sync" && countOf(report, "ready") > 0) return EXIT.bitwarden;
  return countOf(report, "held") > 0 ? EXIT.held : EXIT.done;
}

/** The exit code of all connections: a failure counts more than held operations. */
function worst(codes: ExitCode[]): ExitCode {
  const failed = codes.find((code) => code !== EXIT.done && code !== EXIT.held);
  return failed ?? codes.find((code) => code === EXIT.held) ?? EXIT.done;
}
