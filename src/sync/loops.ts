import { toBridgeError } from "../domain/errors.ts";
import { storeError } from "../store/database.ts";
import { nextDue } from "../store/operations.ts";
import { clearDirectoryError, isStarted, setDirectoryError } from "../store/state.ts";
import type { Connection } from "./connection.ts";
import { decideDue } from "./decide/decide.ts";
import { deliverNext } from "./deliver/deliver.ts";
import { backoffMs } from "./retry.ts";

/** Wait after a failure that is nobody's own: the next ring or sweep tries again too. */
const PAUSE_ATTEMPT = 2;

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
      if (signal.aborted || !(await isStarted(connection.database.reader, connection.owner.connection))) return;
      const decided = await decideDue(connection);
      const delivered = connection.delivers && (await deliverNext(connection));
      if (!decided && !delivered) break;
      worked = true;
    }
    if (worked) await clearDirectoryError(connection.database.writer, connection.owner.connection, "bitwarden");
    const dueAt = await nextDue(connection.database.reader, connection.owner);
    if (dueAt !== null && connection.delivers) ringAt(dueAt);
  } catch (thrown) {
    await pause(connection, thrown, signal, ringAt);
  }
}

async function pause(
  connection: Connection,
  thrown: unknown,
  signal: AbortSignal,
  ringAt: (dueAt: number) => void,
): Promise<void> {
  if (signal.aborted) return;
  const error = toBridgeError(storeError(thrown));
  connection.observer.failure(connection.owner.connection, error);
  // First the bell: it may be the store that failed, and writing that down fails as well.
  ringAt(Date.now() + (error.retryAfterMs ?? backoffMs(PAUSE_ATTEMPT)));
  await setDirectoryError(connection.database.writer, connection.owner.connection, "bitwarden", error, Date.now());
}
