import { loadConfig } from "../../config/load.ts";
import { listHeld } from "../../store/held.ts";
import type { OperationRow } from "../../store/operations.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { ago, columns, count, countTypes, operationsText } from "../terminal/words.ts";

/** Longer lists are for machines. */
const MOST_LINES = 200;

/** Lists what waits for a person. */
export async function heldList(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  await using database = await openBeside(config);
  const held: OperationRow[] = [];
  for (const { name, organization } of config.connections) {
    held.push(...(await listHeld(database.reader, { organization, connection: name })));
  }
  if (call.json) call.terminal.print(JSON.stringify({ held }));
  else for (const line of linesOf(held)) call.terminal.print(line);
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

/** The reason of a hold in words. */
export function holdText(hold: string | null): string {
  switch (hold) {
    case null:
      return "";
    case "first-run":
      return "the first plan waits for approval";
    case "observe":
      return "the organization is only observed (mode: observe)";
    default:
      return hold;
  }
}
