import { toBridgeError, type BridgeError } from "../../domain/errors.ts";
import { storeError, transaction } from "../../store/database.ts";
import { SNAPSHOT_LONGEST_MS } from "../../store/hints/hint-waits.ts";
import { markResolved, type DirtyHint } from "../../store/hints/hints.ts";
import { beginRun, finishRun } from "../../store/runs.ts";
import { clearDirectoryError, setDirectoryError, setSnapshotScope } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import { nextStep } from "../retry.ts";
import { readEverything, type Reconciliation } from "./snapshot.ts";

type Run = Parameters<typeof finishRun>[1];

/**
 * Reads the whole directory when the hint for all of it is dirty and due. What fails is written down
 * with the next attempt; nothing is then nominated, so nothing can be taken away.
 */
export async function snapshotDue(connection: Connection, signal: AbortSignal): Promise<void> {
  const { owner, hints, database } = connection;
  const hint = await hints.dirtyAll(owner.connection, Date.now());
  if (!hint) return;
  const startedAt = Date.now();
  const run = { connection: owner.connection, tick: "snapshot", slot: new Date(startedAt).toISOString() };
  await beginRun(database.writer, run.connection, run.tick, run.slot, startedAt);
  // Left over where the process ended in the middle of a snapshot.
  await hints.releaseNominated(owner.connection);
  try {
    await succeed(connection, hint, run, startedAt, await readEverything(connection, signal));
  } catch (thrown) {
    if (signal.aborted) return;
    await fail(connection, hint, run, toBridgeError(storeError(thrown)));
  } finally {
    await hints.releaseNominated(owner.connection);
  }
}

/** Complete, so it is decided; but not "ok" while somebody whom it wanted to read by id could not be read. */
async function succeed(
  connection: Connection,
  hint: DirtyHint,
  run: Run,
  startedAt: number,
  { proof, nominated }: Reconciliation,
): Promise<void> {
  const { owner, database, observer } = connection;
  const { read, error } = nominated;
  const counts = { users: proof.users, groups: proof.groups, readDirectly: read.length };
  const result = error === null ? "ok" : error.message;
  await transaction(database, async (trx) => {
    await finishRun(trx, run, { result, proof: proof.evidence, counts }, Date.now());
    await clearDirectoryError(trx, owner.connection, "snapshot");
    if (error === null) await clearDirectoryError(trx, owner.connection, "nominated");
    else await setDirectoryError(trx, owner.connection, "nominated", error, Date.now());
    await setSnapshotScope(trx, owner.connection, connection.scopeHash);
    await markResolved(trx, owner.connection, [hint, ...read], startedAt);
  });
  observer.reconciled(owner.connection, counts, proof.evidence, Date.now() - startedAt);
  if (error !== null) {
    observer.failure(owner.connection, error);
    connection.ringDirectory();
  }
  connection.ringOrganization();
}

async function fail(connection: Connection, hint: DirtyHint, run: Run, error: BridgeError): Promise<void> {
  const { owner, hints, database, observer } = connection;
  if (error.code === "DIRECTORY_DENIED") await connection.reopenDirectory();
  const words = `${error.message} ${error.remedy}`;
  const next = nextStep(error, hint.attempts, 0);
  const wait = Math.min(SNAPSHOT_LONGEST_MS, next.step === "retry" ? next.inMs : SNAPSHOT_LONGEST_MS);
  const dueAt = Date.now() + wait;
  await finishRun(database.writer, run, { result: words, proof: null, counts: null }, Date.now());
  await setDirectoryError(database.writer, owner.connection, "snapshot", error, Date.now());
  await hints.failed(owner.connection, hint, words, dueAt);
  observer.failure(owner.connection, error);
  connection.ringDirectory(dueAt);
}
