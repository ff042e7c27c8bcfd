import { performance } from "node:perf_hooks";
import { toBridgeError, type BridgeError } from "../../domain/errors.ts";
import { storeError } from "../../store/database.ts";
import { blockedHints, nextHintDue } from "../../store/hints/hint-depth.ts";
import { clampWaits, hastenFailed } from "../../store/hints/hint-waits.ts";
import { clearDirectoryError, isStarted, setDirectoryError } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import { nextStep } from "../retry.ts";
import { resolveDue } from "./resolve.ts";
import { snapshotDue } from "./snapshot-run.ts";

/** After an outage those whom it hit are read soon, unless they have failed so often that it is their own. */
const HIT_BY_OUTAGE = 3;
const AFTER_OUTAGE_MS = 1_000;
/** How often it is looked whether the clock was set back. */
const CLAMP_MS = 10_000;

const clampedAt = new WeakMap<Connection, number>();

/** Directory reads of one connection: dirty users and groups. Stopped connections only collect hints. */
export async function readLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  const { outage, database } = connection;
  const name = connection.owner.connection;
  if (!(await isStarted(database.reader, name))) return;
  if (outage.waitMs > 0) {
    connection.ringDirectory(Date.now() + outage.waitMs);
    return;
  }
  try {
    await clampNowAndThen(connection);
    const { read, lookedAt } = await resolveDue(connection, signal);
    const dueAt = await nextHintDue(database.reader, name, lookedAt);
    if (read > 0 || dueAt === null) await clearErrors(connection);
    if (dueAt !== null) connection.ringDirectory(dueAt);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toBridgeError(storeError(thrown));
    const until = Date.now() + outage.declare(waitMs(error));
    // First the bell: it may be the store that failed, and writing that down fails as well.
    connection.ringDirectory(until);
    if (error.code === "DIRECTORY_DENIED") await connection.reopenDirectory();
    connection.observer.failure(name, error);
    await setDirectoryError(database.writer, name, "reads", error, Date.now());
    await hastenFailed(database.writer, name, HIT_BY_OUTAGE, until + AFTER_OUTAGE_MS);
  }
}

/** The whole directory of one connection, beside its single reads. */
export async function snapshotLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  const { database, owner } = connection;
  if (await isStarted(database.reader, owner.connection)) await snapshotDue(connection, signal);
}

/** As long as the directory told us; and refused credentials are not tried until the account is locked. */
function waitMs(error: BridgeError): number | undefined {
  const next = nextStep(error, 0, 0);
  return error.code === "DIRECTORY_DENIED" && next.step === "retry" ? next.inMs : error.retryAfterMs;
}

/** What the last snapshot could not read by id is cured when nobody is left who cannot be read. */
async function clearErrors({ database, owner }: Connection): Promise<void> {
  await clearDirectoryError(database.writer, owner.connection, "reads");
  const blocked = await blockedHints(database.reader, owner.connection);
  if (blocked.every(({ kind }) => kind === "all")) {
    await clearDirectoryError(database.writer, owner.connection, "nominated");
  }
}

async function clampNowAndThen(connection: Connection): Promise<void> {
  const now = performance.now();
  if (now - (clampedAt.get(connection) ?? Number.NEGATIVE_INFINITY) < CLAMP_MS) return;
  clampedAt.set(connection, now);
  await clampWaits(connection.database, connection.owner.connection, Date.now());
}
