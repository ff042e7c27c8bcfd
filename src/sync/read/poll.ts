import type { Directory } from "../../directories/directory.ts";
import type { Inbox } from "../../store/inbox.ts";
import { dropCursor, readCursor, saveCursor } from "../../store/state.ts";
import type { Connection } from "../connection.ts";

const FEED = "changes";

/**
 * Asks the directory what changed since the last time and writes the events down; they are the same
 * events as the hooks', so only what a hook lost is new. Without such a feed, or with a lost cursor,
 * the whole directory becomes dirty.
 */
export async function poll(connection: Connection, inbox: Inbox, signal: AbortSignal): Promise<number> {
  const directory = await connection.directory();
  const { owner, database } = connection;
  if (!hasChanges(directory)) {
    await hintAll(connection);
    return 0;
  }
  let found = 0;
  for (;;) {
    const cursor = await readCursor(database.reader, owner.connection, FEED);
    const changes = await directory.changesSince(cursor, signal);
    if (changes.lost) {
      await dropCursor(database.writer, owner.connection, FEED);
      await hintAll(connection);
      return found;
    }
    const { accepted } = await inbox.accept(owner.connection, changes.events);
    // After the commit of its events: a crash in between reads the page again, which the inbox notices.
    await saveCursor(database.writer, owner.connection, FEED, changes.cursor, Date.now());
    found += accepted;
    if (accepted > 0) connection.ringDirectory();
    if (!changes.more) return found;
  }
}

/** Makes the whole directory dirty: the next snapshot answers it. */
export async function hintAll(connection: Connection): Promise<void> {
  const subject = { connection: connection.owner.connection, kind: "all" as const, key: "" };
  await connection.hints.add([{ subject, via: null, urgent: false }], Date.now());
  connection.ringDirectory();
}

function hasChanges(directory: Directory): directory is Directory & Required<Pick<Directory, "changesSince">> {
  return directory.changesSince !== undefined;
}
