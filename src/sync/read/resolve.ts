import { subjectName } from "../../domain/subject.ts";
import { loadUsers } from "../../store/directory/directory-rows.ts";
import { GROUP_LONGEST_MS, GROUP_PAUSE_MS } from "../../store/hints/add-hints.ts";
import { gatheringGroups, type GatheringGroup } from "../../store/hints/hint-depth.ts";
import { correlationId, type DirtyHint } from "../../store/hints/hints.ts";
import { toBridgeError } from "../../domain/errors.ts";
import { storeError } from "../../store/database.ts";
import type { Directory } from "../../directories/directory.ts";
import type { Connection } from "../connection.ts";
import { concernsAll, readEach, readGroup, readUser } from "./direct.ts";

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
      try {
        await readEach(connection, directory, batch, signal, async (hint) => {
          await resolveOne(connection, directory, hint, signal);
          read += 1;
        });
      } finally {
        // Whoever was read before the directory went away is decided now.
        connection.ringOrganization();
      }
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

/**
 * Reads one group for all the people who were hinted through it. Its list answers for those who are known, or, where
 * groups decide who takes part, for those whose records came with it; everybody else gets a read of their own.
 */
async function resolveGathered(connection: Connection, group: string, signal: AbortSignal): Promise<boolean> {
  const { owner, hints, database } = connection;
  const directory = await connection.directory();
  const startedAt = Date.now();
  const captured = await hints.dirtyVia(owner.connection, group);
  const keys = captured.map((hint) => hint.key);
  let answered: { has(key: string): boolean };
  try {
    const { stored, recorded } = await readGroup(connection, directory, group, "hinted", signal);
    // A snapshot began meanwhile: the next round reads the group again.
    if (!stored) return false;
    connection.outage.ended();
    answered = directory.userStateDependsOnGroups ? recorded : await loadUsers(database.reader, owner.connection, keys);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toBridgeError(storeError(thrown));
    if (concernsAll(error)) throw error;
    connection.observer.failure(subjectName({ connection: owner.connection, kind: "group", key: group }), error);
    await hints.alone(owner.connection, keys);
    return false;
  }
  await hints.resolved(
    owner.connection,
    captured.filter((hint) => answered.has(hint.key)),
    startedAt,
  );
  await hints.alone(
    owner.connection,
    keys.filter((key) => !answered.has(key)),
  );
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
): Promise<void> {
  const name = connection.owner.connection;
  const startedAt = Date.now();
  const stored =
    hint.kind === "group"
      ? (await readGroup(connection, directory, hint.key, "hinted", signal)).stored
      : await readUser(connection, directory, hint.key, signal);
  // What a snapshot overtook stays dirty and is read again by the next round.
  if (!stored) return;
  await connection.hints.resolved(name, [hint], startedAt);
  connection.observer.hintResolved(name, correlationId(hint), "read", Date.now() - startedAt);
}
