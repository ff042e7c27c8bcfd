import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { listHeld, listRejected, operationsById } from "../../store/operations/held.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { stillActive, type StillActive } from "../../store/ledger/still-active.ts";
import { chooseOrganizations, usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { request } from "../request.ts";
import { answer } from "../terminal/answer.ts";
import { ago, columns, count, countTypes, holdText, operationsText } from "../terminal/words.ts";

/** Longer lists are for machines. */
const MOST_LINES = 200;

const names = z.array(z.string()).default([]);
const decidedSchema = z.object({ operations: z.number(), plans: names, unread: names });

/** Lists what waits for a person. */
export async function heldList(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  if (call.flag("rejected")) return rejectedList(config, call);
  const held = all(await inOrganizations(config, call, listHeld));
  answer(call, { held }, () => heldLines(held));
  return held.length > 0 ? EXIT.held : EXIT.done;
}

/** What a person refused and is still planned, and whoever has access although the directory let them go. */
async function rejectedList(config: Config, call: Call): Promise<ExitCode> {
  const rejected = all(await inOrganizations(config, call, listRejected));
  const active = all(await inOrganizations(config, call, stillActive));
  answer(call, { rejected, stillActive: active }, () => [...rejectedLines(rejected), ...activeLines(active)]);
  return rejected.length + active.length > 0 ? EXIT.held : EXIT.done;
}

function activeLines(active: StillActive[]): string[] {
  if (active.length === 0) return [];
  const rows = active
    .slice(0, MOST_LINES)
    .map(({ label, why, operation, text }) => [
      `  ${label}`,
      operation === null ? why : `${why}, id ${String(operation)}`,
      text,
    ]);
  return ["", "The directory let go, and Bitwarden still gives access:", ...columns(rows), ...moreLines(active, rows)];
}

function moreLines(all: unknown[], shown: unknown[]): string[] {
  const more = all.length - shown.length;
  return more > 0 ? [`… and ${count(more, "more", "more")} (--json lists all)`] : [];
}

function heldLines(held: OperationRow[]): string[] {
  if (held.length === 0) return ["Nothing is held. What a person refused: `bwbridge held list --rejected`."];
  return [
    ...tableOf(held, "WHY HELD", (row) =>
      row.approvedBy === null ? holdText(row.hold) : `approved by ${row.approvedBy}, waits for its fresh read`,
    ),
    "",
    `${operationsText(countTypes(held))} held.`,
    "Let them go with `bwbridge held approve <id…|--all>`, or refuse with `bwbridge held reject <id…|--all>`.",
  ];
}

function rejectedLines(rejected: OperationRow[]): string[] {
  if (rejected.length === 0) return ["Nothing is rejected."];
  return [
    ...tableOf(rejected, "REJECTED", (row) => row.error ?? ""),
    "",
    `${operationsText(countTypes(rejected))} rejected, and still planned.`,
    "Let them go after all with `bwbridge held approve <id…>`.",
  ];
}

function tableOf(rows: OperationRow[], title: string, why: (row: OperationRow) => string): string[] {
  const cells = rows
    .slice(0, MOST_LINES)
    .map((row) => [
      String(row.id),
      row.type,
      row.label,
      why(row),
      ago(row.createdAt),
      `${row.reason}; ${row.evidence}`,
    ]);
  return [...columns([["ID", "WHAT", "WHO", title, "SINCE", "REASON; EVIDENCE"], ...cells]), ...moreLines(rows, cells)];
}

/** Lets held operations go: each is confirmed by a fresh read and then sent. */
export async function heldApprove(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const ids = idsOf(call);
  const decided = await decide(config, call, "approve", ids);
  answer(call, decided, () => approvedLines(decided));
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
  /** Ids that are neither held nor rejected. */
  unknown: number[];
  /** Organizations whose first plan was approved with it. */
  plans: string[];
  /** Connections that were never read whole, so that the first plan still waits. */
  unread: string[];
}

async function decide(
  config: Config,
  call: Call,
  command: "approve" | "reject",
  ids: number[] | "all",
): Promise<Decided> {
  const by = call.text("by") ?? `${userInfo().username}@${hostname()}`;
  const held = await inOrganizations(config, call, listHeld);
  const refused = command === "approve" && ids !== "all" ? await inOrganizations(config, call, listRejected) : [];
  const decidable = [...all(held), ...all(refused)].map(({ id }) => id);
  const chosen = decidable.filter((id) => ids === "all" || ids.includes(id));
  const unknown = ids === "all" ? [] : ids.filter((id) => !chosen.includes(id));
  const whole = ids === "all" ? held.map(({ organization }) => organization) : [];
  const asked = command === "approve" ? { command, ids: chosen, by, plans: whole } : { command, ids: chosen, by };
  const { result, holder } = await request(config, asked, call);
  const { plans, unread } = decidedSchema.parse(result);
  const now = await inOrganizations(config, call, (reader, name) => operationsById(reader, name, chosen));
  return { by, carriedOutBy: holder, operations: all(now), unknown, plans, unread };
}

interface OfOrganization<Row> {
  organization: string;
  rows: Row[];
}

/** What there is in every organization, or in the one named with `--organization`. */
async function inOrganizations<Row>(
  config: Config,
  call: Call,
  read: (...of: Parameters<typeof listHeld>) => Promise<Row[]>,
): Promise<OfOrganization<Row>[]> {
  await using database = await openBeside(config);
  const found: OfOrganization<Row>[] = [];
  for (const { name } of chooseOrganizations(config, call.text("organization"))) {
    found.push({ organization: name, rows: await read(database.reader, name) });
  }
  return found;
}

function all<Row>(found: OfOrganization<Row>[]): Row[] {
  return found.flatMap(({ rows }) => rows);
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

function approvedLines(decided: Decided): string[] {
  const { operations, by, carriedOutBy, plans, unread } = decided;
  const lines = [
    `Approved ${operationsText(countTypes(operations)) || "nothing"}, as ${by}.`,
    ...unknownLines(decided),
  ];
  if (plans.length > 0) {
    lines.push(`With it the first plan of ${plans.join(", ")} is approved: from now on the bridge writes by itself.`);
  }
  if (unread.length > 0) {
    lines.push(`The first plan still waits: ${unread.join(", ")} was never read completely. Approve again after that.`);
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
  confirming: "sent, not yet read back",
  held: "still waiting for a fresh read",
  rejected: "rejected",
};

function unknownLines({ unknown }: Decided): string[] {
  if (unknown.length === 0) return [];
  return [`${count(unknown.length, "id is", "ids are")} not held: ${unknown.join(", ")} (see \`bwbridge held list\`).`];
}
