import type { Cadence } from "../config/schema/cadence.ts";
import type { Config } from "../config/parse.ts";
import { toBridgeError } from "../domain/errors.ts";
import type { Log } from "../observe/log.ts";
import { startSchedule } from "../schedule/schedule.ts";
import type { When } from "../schedule/slots.ts";
import type { Tick } from "../schedule/ticker.ts";
import type { Inbox } from "../store/hints/inbox.ts";
import { beginRun, finishRun, lastRun } from "../store/runs.ts";
import type { Connection } from "../sync/connection.ts";
import { hintAll, poll } from "../sync/read/poll.ts";

/** Starts the clock of every connection: a tick makes its connection dirty, or asks what changed, and rings. */
export async function startTicks(
  config: Config,
  connections: readonly Connection[],
  inbox: Inbox,
  log: Log,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const byName = new Map(connections.map((connection) => [connection.owner.connection, connection]));
  return startSchedule({
    ticks: config.connections.flatMap(({ name, schedule }) => [
      ...toTick(name, "poll", schedule.poll, schedule.timezone),
      ...toTick(name, "reconcile", schedule.reconcile, schedule.timezone),
    ]),
    async onTick(name, tick, slot) {
      const connection = byName.get(name);
      if (connection) await runTick(connection, tick, slot, inbox, signal);
    },
    async lastRun(name, tick) {
      const connection = byName.get(name);
      const run = connection ? await lastRun(connection.database.reader, name, tick) : null;
      return run?.started_at ?? null;
    },
    log,
  });
}

function toTick(connection: string, tick: Tick["tick"], cadence: Cadence, timezone: string): Tick[] {
  const when = toWhen(cadence, timezone);
  return when === null ? [] : [{ connection, tick, when }];
}

function toWhen(cadence: Cadence, timezone: string): When | null {
  switch (cadence.kind) {
    case "off":
      return null;
    case "every":
      return { everyMs: cadence.everyMs };
    case "cron":
      return { cron: cadence.expression, timezone };
  }
}

async function runTick(
  connection: Connection,
  tick: Tick["tick"],
  slot: string,
  inbox: Inbox,
  signal: AbortSignal,
): Promise<void> {
  const { owner, database } = connection;
  const run = { connection: owner.connection, tick, slot };
  if (!(await beginRun(database.writer, run.connection, tick, slot, Date.now()))) return;
  try {
    const found = tick === "poll" ? await poll(connection, inbox, signal) : 0;
    if (tick === "reconcile") await hintAll(connection, "in its turn");
    await finishRun(database.writer, run, { result: "ok", proof: null, counts: { found } }, Date.now());
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toBridgeError(thrown);
    connection.observer.failure(owner.connection, error);
    await finishRun(database.writer, run, { result: error.message, proof: null, counts: null }, Date.now());
  }
}
