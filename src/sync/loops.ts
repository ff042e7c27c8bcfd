import { toBridgeError } from "../domain/errors.ts";
import { storeError } from "../store/database.ts";
import { nextHintDue } from "../store/hints.ts";
import { nextDue } from "../store/operations.ts";
import { clearError, connectionRow, setConnectionError } from "../store/state.ts";
import type { Connection } from "./connection.ts";
import { decideDue } from "./decide/decide.ts";
import { deliverNext } from "./deliver/deliver.ts";
import { resolveDue } from "./read/resolve.ts";
import { backoffMs } from "./retry.ts";
import { snapshotDue } from "./read/snapshot-run.ts";

/** Wait after a failure that is nobody's own: the next ring or sweep tries again too. */
const PAUSE_ATTEMPT = 2;

/** Directory reads of one connection: dirty users and groups. Stopped connections only collect hints. */
export async function readLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  const { outage } = connection;
  if (!(await isStarted(connection))) return;
  if (outage.until > Date.now()) {
    connection.ringDirectory(outage.until);
    return;
  }
  try {
    const name = connection.owner.connection;
    const { read, lookedAt } = await resolveDue(connection, signal);
    outage.ended();
    if (read > 0) await clearError(connection.database.writer, name, "DIRECTORY");
    const dueAt = await nextHintDue(connection.database.reader, name, lookedAt);
    if (dueAt !== null) connection.ringDirectory(dueAt);
  } catch (thrown) {
    outage.failed(Date.now(), toBridgeError(thrown).retryAfterMs);
    await pause(connection, thrown, signal, () => {
      connection.ringDirectory(outage.until);
    });
  }
}

/** The whole directory of one connection, beside its single reads. */
export async function snapshotLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  if (await isStarted(connection)) await snapshotDue(connection, signal);
}

/**
 * Decide and deliver for one organization, serially: what is planned is never overtaken by what is
 * sent, and a leaver is decided between any two requests. The handler of one queue key.
 */
export async function writeLoop(
  connection: Connection,
  signal: AbortSignal,
  ringAt: (dueAt: number) => void,
): Promise<void> {
  try {
    let worked = false;
    for (;;) {
      // Asked before every request: `stop` must not wait for a long backlog.
      if (signal.aborted || !(await isStarted(connection))) return;
      const decided = await decideDue(connection);
      const delivered = connection.delivers && (await deliverNext(connection));
      if (!decided && !delivered) break;
      worked = true;
    }
    if (worked) await clearError(connection.database.writer, connection.owner.connection, "BITWARDEN");
    const dueAt = await nextDue(connection.database.reader, connection.owner);
    if (dueAt !== null && connection.delivers) ringAt(dueAt);
  } catch (thrown) {
    await pause(connection, thrown, signal, ringAt);
  }
}

async function isStarted(connection: Connection): Promise<boolean> {
  return (await connectionRow(connection.database.reader, connection.owner.connection))?.started === 1;
}

async function pause(
  connection: Connection,
  thrown: unknown,
  signal: AbortSignal,
  ringAt: (dueAt: number) => void,
): Promise<void> {
  if (signal.aborted) return;
  const error = toBridgeError(storeError(thrown));
  if (error.code === "DIRECTORY_DENIED") await connection.reopenDirectory();
  connection.observer.failure(connection.owner.connection, error);
  // First the bell: it may be the store that failed, and writing that down fails as well.
  ringAt(Date.now() + (error.retryAfterMs ?? backoffMs(PAUSE_ATTEMPT)));
  await setConnectionError(connection.database.writer, connection.owner.connection, error, Date.now());
}
