import { BridgeError, toBridgeError } from "../../domain/errors.ts";
import { transaction, type Sql } from "../../store/database.ts";
import { jsonList } from "../../store/bulk.ts";
import { appendJournal, type JournalEntry } from "../../store/journal.ts";
import { promoteWaiting, resetSending, selectOperations, setState, type OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { nextStep } from "../retry.ts";

/**
 * Runs the work on exactly these operations. When it fails, what it left neither done nor put off gets
 * the failure with its next attempt, and the error is answered. Failures of the store are thrown.
 */
export async function attempt(
  connection: Connection,
  operations: OperationRow[],
  work: () => Promise<void>,
): Promise<BridgeError | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    const error = toBridgeError(thrown);
    if (error.code === "STORE_BUSY" || error.code === "STORE_FAILED") throw error;
    await failOperations(connection, await stillOpen(connection, operations), error);
    await unsend(connection);
    return error;
  }
}

async function stillOpen(connection: Connection, operations: OperationRow[]): Promise<OperationRow[]> {
  const where = "state IN ('ready', 'sending') AND due_at <= ? AND id IN (SELECT value FROM json_each(?))";
  return selectOperations(connection.database.reader, connection.owner, where, [
    Date.now(),
    jsonList(idsOf(operations)),
  ]);
}

/** Marks operations as being sent, durably, before the first byte leaves: a crash then reads before repeating. */
export async function beginSending(connection: Connection, operations: OperationRow[], request: string): Promise<void> {
  const now = Date.now();
  await transaction(connection.database, async (trx) => {
    await setState(trx, idsOf(operations), "sending", now);
    await appendJournal(
      trx,
      operations.map((operation) => entry(connection, operation, "sent", { request })),
      now,
    );
  });
}

/** What reading back showed: the operations that are true now, and the ledger's change. */
export interface ReadBack {
  done: OperationRow[];
  /** Sent, but without effect; each with its reason. */
  missing: { operation: OperationRow; error: BridgeError }[];
  /** Writes the ledger in the transaction that closes the operations. */
  ledger(trx: Sql, now: number): Promise<void>;
}

/** Ledger, operations and journal in one transaction: the ledger never says what was not read back. */
export async function completeOperations(connection: Connection, result: ReadBack): Promise<void> {
  const now = Date.now();
  await transaction(connection.database, async (trx) => {
    await result.ledger(trx, now);
    await setState(trx, idsOf(result.done), "done", now);
    await appendJournal(
      trx,
      result.done.map((operation) => entry(connection, operation, "read back", { attempts: operation.attempts + 1 })),
      now,
    );
    await promoteWaiting(trx, connection.owner);
  });
  for (const operation of result.done) {
    connection.observer.operationDone(connection.owner.organization, operation, now - operation.hintedAt);
  }
  for (const { operation, error } of result.missing) await failOperations(connection, [operation], error);
}

/** Stores a failure with its next attempt, or as a dead letter that people see. */
export async function failOperations(
  connection: Connection,
  operations: OperationRow[],
  error: BridgeError,
): Promise<void> {
  const now = Date.now();
  const words = `${error.message} ${error.remedy}`;
  // One throw of the dice for all: what failed together is tried again together, in one request.
  const random = Math.random();
  await transaction(connection.database, async (trx) => {
    for (const operation of operations) {
      const next = nextStep(error, operation.attempts, now - operation.createdAt, random);
      if (next.step === "give up") await setState(trx, [operation.id], "failed", now, { error: words, attempt: true });
      else
        await setState(trx, [operation.id], "ready", now, {
          error: words,
          dueAt: now + next.inMs,
          attempt: next.counts,
        });
    }
    await appendJournal(
      trx,
      operations.map((operation) => entry(connection, operation, "failed", { code: error.code, error: words })),
      now,
    );
  });
  for (const operation of operations) {
    const { step } = nextStep(error, operation.attempts, now - operation.createdAt);
    connection.observer.operationFailed(connection.owner.organization, operation, error, step);
  }
}

/** Operations whose Bitwarden side is not there any more: closed, and their subjects decided anew. */
export async function withdraw(connection: Connection, operations: OperationRow[], reason: string): Promise<void> {
  if (operations.length === 0) return;
  const now = Date.now();
  await transaction(connection.database, async (trx) => {
    await setState(trx, idsOf(operations), "withdrawn", now);
    await appendJournal(
      trx,
      operations.map((operation) => entry(connection, operation, "withdrawn", { reason })),
      now,
    );
  });
  await connection.hints.undecided(
    connection.owner.connection,
    operations.map(({ kind, key }) => ({ kind, key })),
    now,
  );
}

/** After a failed unit nothing is being sent any more: what rode along goes back to where it waited. */
export async function unsend(connection: Connection): Promise<void> {
  await transaction(connection.database, async (trx) => {
    await resetSending(trx, connection.owner);
    await promoteWaiting(trx, connection.owner);
  });
}

/** The request went through, but reading back shows that it had no effect. */
export function notApplied(operation: OperationRow, seen: string): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_NOT_APPLIED",
    side: "bitwarden",
    subject: operation.label,
    message: `${operation.type} was accepted, but ${seen}`,
    remedy: "Check seats, plan and policies of the organization in Bitwarden; the bridge tries again.",
    retry: "later",
  });
}

function entry(
  connection: Connection,
  operation: OperationRow,
  step: string,
  data: Record<string, string | number | null>,
): JournalEntry {
  const { organization, connection: name } = connection.owner;
  return {
    organization,
    subject: `${name}/${operation.kind}/${operation.key}`,
    operation: operation.id,
    step,
    data: { type: operation.type, label: operation.label, hint: operation.hint, ...data },
  };
}

function idsOf(operations: OperationRow[]): number[] {
  return operations.map((operation) => operation.id);
}
