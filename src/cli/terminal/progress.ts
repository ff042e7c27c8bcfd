import type { ConnectionConfig } from "../../config/schema/connection.ts";
import type { Database } from "../../store/database.ts";
import { hintDepth } from "../../store/hints/hint-depth.ts";
import { countOpen, countSince } from "../../store/operations/operations.ts";
import type { Call } from "../command.ts";
import { count } from "./words.ts";

const EVERY_MS = 250;
const CLEAR_LINE = "\r\u001b[K";

/** Shows one line of progress while somebody watches; it is read from rows, whoever does the work. */
export function showProgress(
  call: Call,
  connections: readonly ConnectionConfig[],
  database: Database,
): AsyncDisposable {
  if (!call.terminal.interactive || call.json) return new AsyncDisposableStack();
  const startedAt = Date.now();
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = progressLine(connections, database, startedAt)
      .then(
        (line) => {
          call.terminal.writeError(`${CLEAR_LINE}${line}`);
        },
        // Only a display: what is wrong with the store is told by the work itself.
        () => undefined,
      )
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
      call.terminal.writeError(CLEAR_LINE);
    },
  };
}

async function progressLine(
  connections: readonly ConnectionConfig[],
  { reader }: Database,
  startedAt: number,
): Promise<string> {
  let waiting = 0;
  let open = 0;
  let done = 0;
  for (const { name } of connections) waiting += (await hintDepth(reader, name)).waiting;
  for (const organization of new Set(connections.map((connection) => connection.organization))) {
    for (const row of await countOpen(reader, organization)) {
      if (row.state === "ready" || row.state === "waiting" || row.state === "sending") open += row.count;
    }
    for (const row of await countSince(reader, organization, startedAt)) if (row.state === "done") done += row.count;
  }
  const perSecond = done / Math.max(1, (Date.now() - startedAt) / 1000);
  return `${count(waiting, "subject")} to look at, ${count(open, "operation")} to send, ${done.toLocaleString("en-US")} done (${perSecond.toFixed(1)}/s)`;
}
