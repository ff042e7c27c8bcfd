import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { chooseConnections } from "../arguments.ts";
import { exitCodeOfCode } from "../errors.ts";
import { request } from "../request.ts";
import { answer } from "../terminal/answer.ts";
import { count, operationsText } from "../terminal/words.ts";

const failureSchema = z.object({ code: z.string(), message: z.string() }).nullable();
const countsSchema = z.array(z.object({ type: z.string(), state: z.string(), count: z.number() }));

const connectionSchema = z.looseObject({
  connection: z.string(),
  organization: z.string(),
  full: z.boolean(),
  stopped: z.boolean(),
  failure: failureSchema,
  read: z.looseObject({ users: z.number(), groups: z.number() }).nullable(),
});

const organizationSchema = z.looseObject({
  organization: z.string(),
  mode: z.string(),
  failure: failureSchema,
  operations: countsSchema,
  open: countsSchema,
  stillActive: z.array(z.looseObject({ label: z.string(), why: z.string() })),
  broken: z.array(z.looseObject({ text: z.string() })),
});

const reportSchema = z.object({
  connections: z.array(connectionSchema),
  organizations: z.array(organizationSchema),
});
type Connection = z.infer<typeof connectionSchema>;
type Organization = z.infer<typeof organizationSchema>;

/** Reads the directory now and brings Bitwarden in step; waits until nothing is left to do. */
export async function sync(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [name] = call.words;
  chooseConnections(config, name);
  const asked = { command: "sync" as const, connection: name ?? null, full: call.flag("full") };
  const { result, holder } = await request(config, asked, call);
  const report = reportSchema.parse(result);
  answer(call, { carriedOutBy: holder, ...report }, () => linesOf(report));
  return worst([...report.connections.map(readingCode), ...report.organizations.map(writingCode)]);
}

function linesOf({ connections, organizations }: z.infer<typeof reportSchema>): string[] {
  return organizations.flatMap((organization) => {
    const feeding = connections.filter((one) => one.organization === organization.organization);
    const unread = feeding.some(({ failure, stopped }) => failure !== null || stopped);
    return [...feeding.flatMap(connectionLines), ...organizationLines(organization, unread)];
  });
}

function connectionLines({ connection, organization, full, stopped, failure, read }: Connection): string[] {
  const lines = [`${connection} → ${organization}`];
  if (stopped) {
    return [...lines, `  stopped: nothing was read or written; \`bwbridge start ${connection}\` starts it again`];
  }
  if (read !== null) lines.push(`  read      everything: ${count(read.users, "user")}, ${count(read.groups, "group")}`);
  else if (!full) lines.push("  read      what changed since the last time");
  if (failure !== null) lines.push(`  problem   ${failure.message}`);
  return lines;
}

/** Most names that stand for all who still have access. */
const MOST_NAMES = 5;

function organizationLines(report: Organization, unread: boolean): string[] {
  const { failure, operations, open, stillActive, broken } = report;
  const lines = failure === null ? [] : [`  problem   ${failure.message}`];
  for (const [title, states] of STATES) {
    const counts = operations.filter(({ state }) => states.includes(state));
    if (counts.length > 0) lines.push(`  ${title.padEnd(9)} ${operationsText(counts)}`);
  }
  const older = open.filter(({ state }) => !operations.some((row) => row.state === state));
  if (older.length > 0) lines.push(`  open      ${operationsText(older)}, planned earlier: see \`bwbridge status\``);
  if (stillActive.length > 0) {
    const names = stillActive.slice(0, MOST_NAMES).map(({ label, why }) => `${label} (${why})`);
    const more = stillActive.length > MOST_NAMES ? `, and ${String(stillActive.length - MOST_NAMES)} more` : "";
    lines.push(`  access    the directory let go, and Bitwarden still gives access: ${names.join(", ")}${more}`);
  }
  for (const { text } of broken) lines.push(`  problem   ${text}`);
  const isInStep =
    operations.length + open.length + stillActive.length + broken.length === 0 && failure === null && !unread;
  if (isInStep) lines.push("  nothing to do: Bitwarden is in step");
  if (countOf(open, "held") > 0) lines.push("  Held operations wait for a person: see `bwbridge held`.");
  if (countOf(open, "failed") > 0) lines.push("  Why they failed: see `bwbridge status`.");
  return lines;
}

const STATES: [string, string[]][] = [
  ["done", ["done"]],
  ["to send", ["ready", "waiting", "sending", "confirming"]],
  ["held", ["held"]],
  ["rejected", ["rejected"]],
  ["failed", ["failed"]],
];

function countOf(counts: z.infer<typeof countsSchema>, ...states: string[]): number {
  return counts.filter(({ state }) => states.includes(state)).reduce((sum, row) => sum + row.count, 0);
}

function readingCode({ failure }: Connection): ExitCode {
  return failure === null ? EXIT.done : exitCodeOfCode(failure.code);
}

function writingCode({ failure, mode, open, stillActive, broken }: Organization): ExitCode {
  if (failure !== null) return exitCodeOfCode(failure.code);
  if (countOf(open, "failed") > 0 || broken.length > 0) return EXIT.bitwarden;
  // What is still to be sent was refused for now, or nobody knows yet what became of it; both are tried again later.
  // Memberships of people whose invitation a person has to decide, or has refused, wait for that person.
  const waiting = countOf(open, "held", "rejected") > 0 ? 0 : countOf(open, "waiting");
  const toSend = countOf(open, "ready", "sending", "confirming") + waiting;
  if (mode === "sync" && toSend > 0) return EXIT.bitwarden;
  return countOf(open, "held") > 0 || stillActive.length > 0 ? EXIT.held : EXIT.done;
}

/** A failure of one side is more than another's held operations. */
function worst(codes: ExitCode[]): ExitCode {
  const failed = codes.find((code) => code !== EXIT.done && code !== EXIT.held);
  return failed ?? codes.find((code) => code === EXIT.held) ?? EXIT.done;
}
