import { loadConfig } from "../../config/load.ts";
import { lastRun } from "../../store/runs.ts";
import { chooseConnections } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openBeside } from "../open-store.ts";
import { answer } from "../terminal/answer.ts";
import { columns } from "../terminal/words.ts";

/** When each connection last read everything, and last asked for changes, without a failure. */
export async function lastSync(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const chosen = chooseConnections(config, call.words[0]);
  await using database = await openBeside(config);
  const found: { connection: string; complete: string | null; poll: string | null }[] = [];
  for (const { name } of chosen) {
    const complete = await lastRun(database.reader, name, "snapshot", "ok");
    const poll = await lastRun(database.reader, name, "poll", "ok");
    found.push({ connection: name, complete: iso(complete?.finished_at), poll: iso(poll?.finished_at) });
  }
  answer(call, { connections: found }, () =>
    columns(
      found.map((one) => [one.connection, `complete read ${one.complete ?? "never"}`, `poll ${one.poll ?? "never"}`]),
    ),
  );
  return EXIT.done;
}

function iso(atMs: number | null | undefined): string | null {
  return atMs === null || atMs === undefined ? null : new Date(atMs).toISOString();
}
