import { toBridgeError } from "../../domain/errors.ts";
import { beginRun, finishRun } from "../../store/runs.ts";
import { setConnectionError } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import { readEverything } from "./snapshot.ts";
import { backoffMs, nextStep } from "../retry.ts";

/**
 * Reads the whole directory when the hint for all of it is dirty and due. What fails is written down
 * with the next attempt; nothing is then nominated, so nothing can be taken away.
 */
export async function snapshotDue(connection: Connection, signal: AbortSignal): Promise<void> {
  const { owner, hints, database, observer } = connection;
  const hint = await hints.dirtyAll(owner.connection, Date.now());
  if (!hint) return;
  const startedAt = Date.now();
  const run = { connection: owner.connection, tick: "snapshot", slot: new Date(startedAt).toISOString() };
  await beginRun(database.writer, run.connection, run.tick, run.slot, startedAt);
  try {
    const { proof, nominated } = await readEverything(connection, signal);
    const counts = { users: proof.users, groups: proof.groups, readDirectly: nominated };
    await finishRun(database.writer, run, { result: "ok", proof: proof.evidence, counts }, Date.now());
    await setConnectionError(database.writer, owner.connection, null, Date.now());
    await hints.resolved(owner.connection, [hint], startedAt);
    observer.reconciled(owner.connection, counts, proof.evidence, Date.now() - startedAt);
    connection.ringOrganization();
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toBridgeError(thrown);
    if (error.code === "DIRECTORY_DENIED") await connection.reopenDirectory();
    const words = `${error.message} ${error.remedy}`;
    const next = nextStep(error, hint.attempts, 0);
    const dueAt = Date.now() + (next.step === "retry" ? next.inMs : backoffMs(20));
    await finishRun(database.writer, run, { result: words, proof: null, counts: null }, Date.now());
    await setConnectionError(database.writer, owner.connection, error, Date.now());
    await hints.failed(owner.connection, hint, words, dueAt);
    observer.failure(owner.connection, error);
    connection.ringDirectory(dueAt);
  }
}
