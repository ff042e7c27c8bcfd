import type { Directory } from "../../directories/directory.ts";
import { BridgeError, toBridgeError } from "../../domain/errors.ts";
import type { Hint } from "../../domain/hint.ts";
import { storeError } from "../../store/database.ts";
import type { Inbox } from "../../store/hints/inbox.ts";
import { clearDirectoryError, readCursor, saveCursor, setDirectoryError } from "../../store/state.ts";
import type { Connection } from "../connection.ts";

const FEED = "changes";

type WithChanges = Directory & Required<Pick<Directory, "changesSince">>;

/**
 * Asks the directory what changed since the last time and writes the events down; they are the same
 * events as the hooks', so only what a hook lost is new. Without such a feed, or with a lost cursor,
 * the whole directory becomes dirty. What fails is the connection's state until a poll succeeds.
 */
export async function poll(connection: Connection, inbox: Inbox, signal: AbortSignal): Promise<number> {
  const { owner, database } = connection;
  try {
    const found = await ask(connection, inbox, signal);
    await clearDirectoryError(database.writer, owner.connection, "poll");
    return found;
  } catch (thrown) {
    if (!signal.aborted) {
      const error = toBridgeError(storeError(thrown));
      await setDirectoryError(database.writer, owner.connection, "poll", error, Date.now());
    }
    throw thrown;
  }
}

async function ask(connection: Connection, inbox: Inbox, signal: AbortSignal): Promise<number> {
  const directory = await connection.directory();
  const { owner, database } = connection;
  if (!hasChanges(directory)) {
    await hintAll(connection, "in its turn");
    return 0;
  }
  let cursor = await readCursor(database.reader, owner.connection, FEED);
  let found = 0;
  for (;;) {
    let changes = await directory.changesSince(cursor, signal);
    // What happened before a new cursor is known to nobody: the snapshot is asked for with the events that follow it.
    const missed: Hint[] = cursor === null || changes.lost ? [everything(connection, false)] : [];
    if (changes.lost) changes = await directory.changesSince(null, signal);
    if (changes.lost) throw noCursor(owner.connection, changes.reason);
    const page = { feed: FEED, cursor: changes.cursor, hints: missed };
    const { accepted } = await inbox.accept(owner.connection, changes.events, page);
    found += accepted;
    if (accepted + missed.length > 0) connection.ringDirectory();
    if (!changes.more) return found;
    cursor = changes.cursor;
  }
}

/**
 * Takes the first cursor of a directory before its first snapshot, so that no change falls between the snapshot and the
 * first poll. A feed that cannot be read is the poll's error, and does not keep anybody from reading everything.
 */
export async function takeFirstCursor(
  connection: Connection,
  directory: Directory,
  signal: AbortSignal,
): Promise<void> {
  const { owner, database, observer } = connection;
  if (!hasChanges(directory) || (await readCursor(database.reader, owner.connection, FEED)) !== null) return;
  try {
    const changes = await directory.changesSince(null, signal);
    if (!changes.lost) await saveCursor(database.writer, owner.connection, FEED, changes.cursor, Date.now());
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(storeError(thrown));
    observer.failure(owner.connection, error);
    await setDirectoryError(database.writer, owner.connection, "poll", error, Date.now());
  }
}

/**
 * Makes the whole directory dirty: the next snapshot answers it. `now`: somebody asked for it; `in its turn`: it keeps
 * to the back-off after a failure.
 */
export async function hintAll(connection: Connection, when: "now" | "in its turn" = "now"): Promise<void> {
  await connection.hints.add([everything(connection, when === "now")], Date.now());
  connection.ringDirectory();
}

function noCursor(connection: string, reason: string): BridgeError {
  return new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    subject: connection,
    message: `the directory gives no place to read its changes from: ${reason}`,
    remedy: "It is asked again at the next poll; until then only hooks and reconciliations bring changes.",
    retry: "later",
  });
}

function everything(connection: Connection, urgent: boolean): Hint {
  return { subject: { connection: connection.owner.connection, kind: "all", key: "" }, via: null, urgent };
}

function hasChanges(directory: Directory): directory is WithChanges {
  return directory.changesSince !== undefined;
}
