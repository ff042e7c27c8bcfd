import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { listHeld, operationsById } from "../../store/held.ts";
import type { OperationRow } from "../../store/operations.ts";
import { usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { request } from "../request.ts";
import { answer } from "../terminal/answer.ts";
import { ago, columns, count, countTypes, holdText, operationsText } from "../terminal/words.ts";

/** Longer lists are for machines. */
const MOST_LINES = 200;

const decidedSchema = z.object({ operations: z.number() });

/** Lists what waits for a person. */
export async function heldList(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const held = await ofAll(config, listHeld);
  answer(call, { held }, () => linesOf(held));
  return held.length > 0 ? EXIT.held : EXIT.done;
}

function linesOf(held: OperationRow[]): string[] {
  if (held.length === 0) return ["Nothing is held."];
  const rows = held
    .slice(0, MOST_LINES)
    .map((row) => [
      String(row.id),
      row.type,
      row.label,
      row.approvedBy === null ? holdText(row.hold) : `approved by ${row.approvedBy}, waits for its fresh read`,
      ago(row.createdAt),
      `${row.reason}; ${row.evidence}`,
    ]);
  return [
    ...columns([["ID", "WHAT", "WHO", "WHY HELD", "SINCE", "REASON; EVIDENCE"], ...rows]),
    ...(held.length > rows.length
      ? [`… and ${count(held.length - rows.length, "more", "more")} (--json lists all)`]
      : []),
    "",
    `${operationsText(countTypes(held))} held.`,
    "Let them go with `bwbridge held approve <id…|--all>`, or refuse with `bwbridge held reject <id…|--all>`.",
  ];
}

/** Lets held operations go: each is confirmed by a fresh read and then sent. */
export async function heldApprove(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const ids = idsOf(call);
  const decided = await decide(config, call, "approve", ids);
  answer(call, decided, () => approvedLines(config, decided, ids));
  if (decided.unknown.length > 0) return EXIT.failed;
  return decided.operations.some(({ state }) => state === "failed") ? EXIT.bitwarden : EXIT.done;
}

/** Refuses held operations: they stay refused for as long as the plan contains them. */
export async function heldReject(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const decided = await decide(config, call, "reject", idsOf(call));
  answer(call, decided, () => [
    `Rejected ${operationsText(countTypes(decided.operations)) || "nothing"}, as ${decided.by}.`,
    ...unknownLines(decided),
    "They are not sent. Should the directory change so that they are planned anew, they are judged anew.",
  ]);
  return decided.unknown.length > 0 ? EXIT.failed : EXIT.done;
}

interface Decided {
  by: string;
  /** Who carries it out; null: this process did. */
  carriedOutBy: string | null;
  /** As they are now. */
  operations: OperationRow[];
  /** Ids that are not held. */
  unknown: number[];
}

async function decide(
  config: Config,
  call: Call,
  command: "approve" | "reject",
  ids: number[] | "all",
): Promise<Decided> {
  const by = call.text("by") ?? `${userInfo().username}@${hostname()}`;
  const held = await ofAll(config, listHeld);
  const chosen = held.map(({ id }) => id).filter((id) => ids === "all" || ids.includes(id));
  const unknown = ids === "all" ? [] : ids.filter((id) => !chosen.includes(id));
  const { result, holder } = await request(config, { command, ids, by }, call);
  decidedSchema.parse(result);
  const operations = await ofAll(config, (reader, owner) => operationsById(reader, owner, chosen));
  return { by, carriedOutBy: holder, operations, unknown };
}

type Read = (...of: Parameters<typeof listHeld>) => Promise<OperationRow[]>;

async function ofAll(config: Config, read: Read): Promise<OperationRow[]> {
  await using database = await openBeside(config);
  const rows: OperationRow[] = [];
  for (const { name, organization } of config.connections) {
    rows.push(...(await read(database.reader, { organization, connection: name })));
  }
  return rows;
}

function idsOf(call: Call): number[] | "all" {
  const { words } = call;
  if (call.flag("all") === words.length > 0) {
    throw usage("which operations?", "Give their ids from `bwbridge held list`, or --all.");
  }
  if (words.length === 0) return "all";
  return words.map((word) => {
    if (/^\d{1,15}$/.test(word)) return Number(word);
    throw usage(`"${word}" is not the id of an operation`, "Ids are the first column of `bwbridge held list`.");
  });
}

function approvedLines(config: Config, decided: Decided, ids: number[] | "all"): string[] {
  const { operations, by, carriedOutBy } = decided;
  const lines = [
    `Approved ${operationsText(countTypes(operations)) || "nothing"}, as ${by}.`,
    ...unknownLines(decided),
  ];
  if (ids === "all") {
    const names = [...new Set(config.connections.map(({ organization }) => organization))].join(", ");
    lines.push(`With it the first plan of ${names} is approved: from now on the bridge writes by itself.`);
  }
  if (carriedOutBy !== null) {
    lines.push(
      "The service reads each of them once more and sends what is still right: watch with `bwbridge journal --follow`.",
    );
    return lines;
  }
  const states = Map.groupBy(operations, ({ state }) => OUTCOMES[state]);
  return [...lines, ...columns([...states].map(([what, rows]) => [`  ${what}`, operationsText(countTypes(rows))]))];
}

const OUTCOMES: Record<OperationRow["state"], string> = {
  done: "done and read back",
  withdrawn: "no longer right, not sent",
  failed: "failed (see `bwbridge status`)",
  ready: "still to be sent",
  waiting: "still to be sent",
  sending: "still to be sent",
  held: "still waiting for a fresh read",
  rejected: "rejected",
};

function unknownLines({ unknown }: Decided): string[] {
  if (unknown.length === 0) return [];
  return [`${count(unknown.length, "id is", "ids are")} not held: ${unknown.join(", ")} (see \`bwbridge held list\`).`];
}
