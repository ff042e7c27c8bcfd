import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import { readJournal, type JournalRow } from "../../store/journal.ts";
import { wholeNumber } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { answer } from "../terminal/answer.ts";
import { wait } from "../wait.ts";

const USUAL_LIMIT = 50;
const MOST = 100_000;
const PAGE = 1_000;
const LOOK_EVERY_MS = 300;

const dataSchema = z.record(z.string(), z.unknown());

/** What was planned, held, sent and read back, oldest first. */
export async function journal(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const subject = call.words[0] ?? null;
  const limit = wholeNumber("limit", call.text("limit"), USUAL_LIMIT, MOST);
  await using database = await openBeside(config);
  const last = await readJournal(database.reader, { afterId: null, subject, limit });
  if (!call.flag("follow")) {
    const lines = last.length === 0 ? ["The journal has no such entries."] : last.map(lineOf);
    answer(call, { entries: last.map(entryOf) }, () => lines);
    return EXIT.done;
  }
  let rows = last;
  let afterId = 0;
  do {
    for (const row of rows) call.terminal.print(call.json ? JSON.stringify(entryOf(row)) : lineOf(row));
    afterId = rows.at(-1)?.id ?? afterId;
    rows = await readJournal(database.reader, { afterId, subject, limit: PAGE });
  } while (rows.length > 0 || (await wait(LOOK_EVERY_MS, call.signal)) === "waited");
  return EXIT.done;
}

function entryOf(row: JournalRow): Record<string, unknown> {
  return { ...row, at: new Date(row.at).toISOString(), data: dataSchema.parse(JSON.parse(row.data)) };
}

function lineOf(row: JournalRow): string {
  const { type, label, ...rest } = dataSchema.parse(JSON.parse(row.data));
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name}: ${String(value)}`);
  const when = new Date(row.at).toISOString().replace("T", " ").slice(0, 19);
  const what = [type, label].filter((word) => typeof word === "string").join(" ");
  return `${when}  ${row.step.padEnd(9)}  ${what}  (${[row.subject, ...facts].join("; ")})`;
}
