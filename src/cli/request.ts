import { openApp } from "../app.ts";
import { fromFailure, toFailure } from "../app/failure.ts";
import type { BridgeRequest } from "../app/requests.ts";
import { checkSecrets, refuseProblems } from "../config/secrets/check.ts";
import type { Config } from "../config/parse.ts";
import { BridgeError, toBridgeError } from "../domain/errors.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Database } from "../store/database.ts";
import { storeHolder } from "../store/lock.ts";
import { addRequest, finishRequest, openRequests, readRequest, type RequestRow } from "../store/requests.ts";
import type { Call } from "./command.ts";
import { openBeside } from "./open-store.ts";
import { showProgress } from "./terminal/progress.ts";
import { aborted, wait } from "./wait.ts";

const POLL_MS = 100;
/** A service looks for requests five times a second. */
const NOTICED_WITHIN_MS = 30_000;

export interface Answer {
  /** What the request gave; its shape depends on the command. */
  result: unknown;
  /** The process that carried it out, in words; null: this one. */
  holder: string | null;
}

/** Has a request carried out: by this process when nobody owns the store, else by the one that does. */
export async function request(config: Config, asked: BridgeRequest, call: Call): Promise<Answer> {
  let id: number | null = null;
  for (;;) {
    try {
      return await carryOut(config, asked, call, id);
    } catch (thrown) {
      if (toBridgeError(thrown).code !== "LOCKED") throw thrown;
    }
    const answer = await askOwner(config, asked, call, id);
    if (answer.done) return answer;
    id = answer.id;
  }
}

/** Opens the store as its owner, carries the request out here, and waits for it. */
async function carryOut(config: Config, asked: BridgeRequest, call: Call, known: number | null): Promise<Answer> {
  const works = asked.command === "sync" || asked.command === "approve";
  if (works) refuseProblems(config.file, checkSecrets(config).problems);
  const log = createLog({ level: "silent" });
  await using app = await openApp(config, { command: `bwbridge ${asked.command}`, log, metrics: createMetrics() });
  const { reader, writer } = app.database;
  const id = known ?? (await addRequest(writer, asked.command, asked, Date.now()));
  await using _progress = showProgress(call, config.connections, app.database);
  if (works) await app.start({ clock: false });
  const work = async (): Promise<void> => {
    // A sync may take hours: nobody who wants to stop it waits for its end.
    if (asked.command === "sync") app.heedDecisions();
    await app.serveRequests({ only: id });
    if (asked.command !== "approve") return;
    // What was approved is read once more and sent: this waits for it.
    app.heedDecisions();
    await app.sync(null, false);
  };
  if ((await Promise.race([work(), aborted(call.signal)])) === "aborted") {
    const failure = toFailure(interrupted("Run the command again; what was done stays done."));
    await finishRequest(writer, id, "failed", failure, Date.now());
  }
  return { result: resultOf(await readRequest(reader, id)), holder: null };
}

type Asked = (Answer & { done: true }) | { done: false; id: number };

/** Leaves the request to the process that owns the store and waits. `done: false`: that process ended before. */
async function askOwner(config: Config, asked: BridgeRequest, call: Call, known: number | null): Promise<Asked> {
  await using database = await openBeside(config);
  const id = known ?? (await addRequest(database.writer, asked.command, asked, Date.now()));
  await using _progress = showProgress(call, config.connections, database);
  const startedAt = Date.now();
  for (;;) {
    const row = await readRequest(database.reader, id);
    const holder = await storeHolder(config.store.sqlite);
    if (row !== null && isFinished(row))
      return { done: true, result: resultOf(row), holder: holder ?? "another process" };
    if (holder === null) return { done: false, id };
    if (Date.now() - startedAt > NOTICED_WITHIN_MS) await requireNoticed(database, holder);
    if ((await wait(POLL_MS, call.signal)) === "aborted") {
      throw interrupted(`It goes on without this command: ${holder} has the request.`);
    }
  }
}

function isFinished(row: RequestRow): boolean {
  return row.state === "done" || row.state === "failed";
}

/** Requests are carried out one after the other, so one that runs explains why ours waits. */
async function requireNoticed(database: Database, holder: string): Promise<void> {
  const rows = await openRequests(database.reader);
  if (rows.some((row) => row.state === "running")) return;
  throw new BridgeError({
    code: "STORE_BUSY",
    side: "bridge",
    message: `${holder} owns the store but has not taken the request within 30 seconds`,
    remedy: "Look at its log. The request stays and is carried out as soon as a service takes it.",
    retry: "later",
  });
}

function interrupted(remedy: string): BridgeError {
  return new BridgeError({
    code: "STORE_BUSY",
    side: "bridge",
    message: "stopped before it was done",
    remedy,
    retry: "later",
  });
}

/** The result of a finished request; throws the failure that was written into its row. */
function resultOf(row: RequestRow | null): unknown {
  const result: unknown = JSON.parse(row?.result ?? "null");
  if (row?.state === "done") return result;
  throw fromFailure(result);
}
