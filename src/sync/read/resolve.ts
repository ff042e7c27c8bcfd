import type { Directory } from "../../directories/directory.ts";
import { toBridgeError, type BridgeError } from "../../domain/errors.ts";
import { subjectName } from "../../domain/subject.ts";
import { mapLimit } from "../../lib/map-limit.ts";
import { storeError } from "../../store/database.ts";
import { loadUsers } from "../../store/directory-rows.ts";
import {
  correlationId,
  gatheringGroups,
  GROUP_LONGEST_MS,
  GROUP_PAUSE_MS,
  type DirtyHint,
  type GatheringGroup,
} from "../../store/hints.ts";
import type { Connection } from "../connection.ts";
import { backoffMs } from "../retry.ts";

/** So few that a leaver who arrives behind a burst is read within a second or two. */
const BATCH = 50;

/**
 * Turns dirty hints into directory rows: reads each subject by id, or one group for many of its
 * people. Returns when nothing is due, with the number of reads that succeeded and when it was last looked:
 * what became due since then still needs a ring. A failing read puts off its own subject; when the
 * directory itself is down, the rest stays due and the failure is thrown.
 */
export async function resolveDue(
  connection: Connection,
  signal: AbortSignal,
): Promise<{ read: number; lookedAt: number }> {
  let read = 0;
  const { owner, hints } = connection;
  for (;;) {
    signal.throwIfAborted();
    const gathering = connection.options.groups
      ? await gatheringGroups(connection.database.reader, owner.connection)
      : [];
    for (const group of gathering.filter(isGathered)) {
      if (await resolveGathered(connection, group.via, signal)) read += 1;
    }
    const apart = gathering.map((group) => group.via);
    const lookedAt = Date.now();
    const batch = await hints.dirty(owner.connection, lookedAt, BATCH, apart);
    if (batch.length > 0) {
      const directory = await connection.directory();
      const done = await mapLimit(batch, directory.concurrency, (hint) =>
        resolveOne(connection, directory, hint, signal),
      );
      read += done.filter(Boolean).length;
      connection.ringOrganization();
    } else if (!gathering.some(isGathered)) {
      for (const group of gathering) connection.ringDirectory(gatheredAt(group));
      return { read, lookedAt };
    }
  }
}

/** When the people of a group have stopped coming in, or the first has waited long enough. */
function gatheredAt({ oldestAt, newestAt }: GatheringGroup): number {
  return Math.min(newestAt + GROUP_PAUSE_MS, oldestAt + GROUP_LONGEST_MS);
}

function isGathered(group: GatheringGroup): boolean {
  return gatheredAt(group) <= Date.now();
}

/** Reads one group for all the people who were hinted through it; who is unknown gets a read of their own. */
async function resolveGathered(connection: Connection, group: string, signal: AbortSignal): Promise<boolean> {
  const { owner, hints, database } = connection;
  const directory = await connection.directory();
  const startedAt = Date.now();
  const captured = await hints.dirtyVia(owner.connection, group);
  const keys = captured.map((hint) => hint.key);
  let stored: boolean;
  try {
    stored = await readGroup(connection, directory, group, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(thrown);
    if (concernsAll(error)) throw error;
    connection.observer.failure(`${owner.connection}/group/${group}`, error);
    await hints.alone(owner.connection, keys);
    return false;
  }
  // Overtaken by a later read of a member: the next round reads the group again.
  if (!stored) return false;
  const known = await loadUsers(database.reader, owner.connection, keys);
  await hints.resolved(
    owner.connection,
    captured.filter((hint) => known.has(hint.key)),
    startedAt,
  );
  await hints.alone(
    owner.connection,
    keys.filter((key) => !known.has(key)),
  );
  await hints.undecided(owner.connection, [{ kind: "group", key: group }], Date.now());
  const hint = `group/${group} for ${String(captured.length)} people`;
  connection.observer.hintResolved(owner.connection, hint, "read", Date.now() - startedAt);
  connection.ringOrganization();
  return true;
}

async function resolveOne(
  connection: Connection,
  directory: Directory,
  hint: DirtyHint,
  signal: AbortSignal,
): Promise<boolean> {
  const name = connection.owner.connection;
  const startedAt = Date.now();
  try {
    const stored =
      hint.kind === "group"
        ? await readGroup(connection, directory, hint.key, signal)
        : await readUser(connection, directory, hint.key, signal);
    // A list that was overtaken stays dirty and is read again by the next round.
    if (!stored) return false;
    await connection.hints.resolved(name, [hint], startedAt);
    connection.observer.hintResolved(name, correlationId(hint), "read", Date.now() - startedAt);
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(storeError(thrown));
    if (concernsAll(error)) throw error;
    connection.observer.failure(subjectName({ connection: name, ...hint }), error);
    await connection.hints.failed(name, hint, error.message, Date.now() + backoffMs(hint.attempts));
    return false;
  }
}

/** Reads one user by id and stores the answer. */
export async function readUser(
  connection: Connection,
  directory: Directory,
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { directoryStore, owner, options, observer } = connection;
  const readNo = directoryStore.nextReadNo();
  observer.directoryRead(owner.connection, "user");
  const read = await directory.readUser(key, signal);
  await directoryStore.storeUser(owner.connection, key, read, readNo, options.groups);
  return true;
}

/** Reads one group by id and stores the answer; false when a later read of a member overtook it. */
export async function readGroup(
  connection: Connection,
  directory: Directory,
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { directoryStore, owner, observer } = connection;
  const readNo = directoryStore.nextReadNo();
  observer.directoryRead(owner.connection, "group");
  const read = await directory.readGroup(key, signal);
  return directoryStore.storeGroup(owner.connection, key, read, readNo);
}

/** Failures that every other subject would meet too. */
function concernsAll(error: BridgeError): boolean {
  switch (error.code) {
    case "DIRECTORY_UNREACHABLE":
    case "DIRECTORY_DENIED":
    case "DIRECTORY_THROTTLED":
    case "CONFIG_INVALID":
    case "STORE_BUSY":
    case "STORE_FAILED":
      return true;
    default:
      return false;
  }
}
