import type { Directory } from "../directories/directory.ts";
import { toBridgeError, type BridgeError } from "../domain/errors.ts";
import { subjectName } from "../domain/subject.ts";
import { mapLimit } from "../lib/map-limit.ts";
import { loadUsers } from "../store/directory-rows.ts";
import type { DirtyHint } from "../store/hints.ts";
import type { Connection } from "./connection.ts";
import { backoffMs } from "./retry.ts";

/** Small enough that a leaver who arrives behind a burst is read soon, large enough to coalesce. */
const BATCH = 500;
/** From so many people hinted through one group on, the group is read once instead. */
const COALESCE_FROM = 20;

/**
 * Turns dirty hints into directory rows: reads each subject by id, or one group for many of its
 * people. Returns when nothing is due. A failing read puts off its own subject; when the directory
 * itself is down, the rest of the batch stays due and the failure is thrown.
 */
export async function resolveDue(connection: Connection, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const batch = await connection.hints.dirty(connection.owner.connection, Date.now(), BATCH);
    if (batch.length === 0) return;
    const directory = await connection.directory();
    const singles = await coalesce(connection, directory, batch, signal);
    await mapLimit(singles, directory.concurrency, (hint) => resolveOne(connection, directory, hint, signal));
    connection.ringOrganization();
  }
}

/** Reads the groups through which many people were hinted; answers the hints that still need their own read. */
async function coalesce(
  connection: Connection,
  directory: Directory,
  batch: DirtyHint[],
  signal: AbortSignal,
): Promise<DirtyHint[]> {
  const byGroup = Map.groupBy(
    batch.filter((hint) => hint.kind === "user" && hint.via !== null),
    (hint) => hint.via ?? "",
  );
  const answered = new Set<DirtyHint>();
  for (const [group, hints] of byGroup) {
    if (hints.length < COALESCE_FROM || !connection.options.groups) continue;
    const known = batch.find((hint) => hint.kind === "group" && hint.key === group);
    if (!(await readGroup(connection, directory, group, signal))) continue;
    const users = await loadUsers(
      connection.database.reader,
      connection.owner.connection,
      hints.map((hint) => hint.key),
    );
    const covered = hints.filter((hint) => users.has(hint.key));
    await connection.hints.resolved(connection.owner.connection, known ? [...covered, known] : covered);
    await connection.hints.undecided(connection.owner.connection, [{ kind: "group", key: group }], Date.now());
    for (const hint of covered) answered.add(hint);
    if (known) answered.add(known);
  }
  return batch.filter((hint) => !answered.has(hint));
}

async function resolveOne(
  connection: Connection,
  directory: Directory,
  hint: DirtyHint,
  signal: AbortSignal,
): Promise<void> {
  const name = connection.owner.connection;
  const startedAt = performance.now();
  try {
    const stored =
      hint.kind === "group"
        ? await readGroup(connection, directory, hint.key, signal)
        : await readUser(connection, directory, hint.key, signal);
    // A list that was overtaken stays dirty and is read again by the next round.
    if (!stored) return;
    await connection.hints.resolved(name, [hint]);
    connection.observer.hintResolved(subjectName({ connection: name, ...hint }), "read", performance.now() - startedAt);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(thrown);
    if (concernsAll(error)) throw error;
    connection.observer.failure(subjectName({ connection: name, ...hint }), error);
    await connection.hints.failed(name, hint, error.message, Date.now() + backoffMs(hint.attempts));
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
