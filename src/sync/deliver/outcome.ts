import type { LastLook } from "../../bitwarden/bitwarden.ts";
import { BridgeError, toBridgeError, type ErrorCode } from "../../domain/errors.ts";
import { subjectName, unqualified } from "../../domain/subject.ts";
import { transaction, type Sql } from "../../store/database.ts";
import { appendJournal, type JournalEntry } from "../../store/journal.ts";
import { promoteWaiting, setState, type OperationRow } from "../../store/operations/operations.ts";
import {
  markSending,
  putBack,
  recoverSending,
  anySending,
  stillToDo,
  unmarkSent,
} from "../../store/operations/sending.ts";
import { mayAllBeSent, stoppedOf } from "../../store/operations/stopped.ts";
import type { Organization } from "../organization.ts";
import { nextAttempt } from "../retry.ts";
import { justified } from "./justified.ts";

/** Between two requests of a unit the organization was stopped. Nothing failed. */
class Stopped extends Error {}

/** Right before sending it turned out that something was heard or read since this was decided. Nothing failed. */
class Outdated extends Error {}

/** How work on some operations ended: whole, stopped by an administrator, to be decided again first, or failed. */
export type Ended = "done" | "stopped" | "outdated" | BridgeError;

/**
 * Asked between two requests of one unit, so that `stop` takes effect at once: ends the unit when every connection is
 * stopped, or one that these operations come from.
 */
export async function goOn(
  { name, sources, database: { reader } }: Organization,
  operations: OperationRow[] = [],
): Promise<void> {
  const stopped = await stoppedOf(reader, sources.keys());
  const isStopped = stopped.length === sources.size || !(await mayAllBeSent(reader, name, idsOf(operations), stopped));
  if (isStopped) throw new Stopped("stopped by an administrator");
}

/**
 * Runs the work on exactly these operations. When it fails, what it left neither done nor put off gets the failure with
 * its next attempt. Failures of the store are thrown: what is then left `sending` is an orphan.
 */
export async function attempt(
  context: Organization,
  operations: OperationRow[],
  work: () => Promise<void>,
): Promise<Ended> {
  try {
    if (operations.length > 0) await work();
    return "done";
  } catch (thrown) {
    if (thrown instanceof Stopped || thrown instanceof Outdated) {
      await setAside(context, operations);
      return thrown instanceof Stopped ? "stopped" : "outdated";
    }
    const error = toBridgeError(thrown);
    if (error.code === "STORE_BUSY" || error.code === "STORE_FAILED") throw error;
    const { database, name } = context;
    await failOperations(context, await stillToDo(database.reader, name, idsOf(operations), Date.now()), error);
    return error;
  }
}

/** What every request of the next seconds would meet as well. */
const EVERYBODY = new Set<ErrorCode>([
  "BITWARDEN_UNREACHABLE",
  "BITWARDEN_THROTTLED",
  "BITWARDEN_DENIED",
  "BITWARDEN_NO_SEATS",
]);

export function concernsEverybody(ended: Ended): ended is BridgeError {
  return ended instanceof BridgeError && EVERYBODY.has(ended.code);
}

/**
 * The one way to change something in Bitwarden; never after a stop, and never on truth that is outdated. That these
 * operations are being sent is committed before the first byte leaves, and stays known until something proves that the
 * request had no effect: here, that it was refused.
 */
export async function write<T>(
  context: Organization,
  operations: OperationRow[],
  request: string,
  call: (lastLook: LastLook) => Promise<T>,
): Promise<T> {
  await goOn(context, operations);
  const lastLook = async (): Promise<void> => {
    if ((await justified(context, operations)).length < operations.length) throw new Outdated("heard of since");
  };
  await lastLook();
  await beginSending(context, operations, request);
  try {
    return await call(lastLook);
  } catch (thrown) {
    if (thrown instanceof Outdated || WITHOUT_EFFECT.has(toBridgeError(thrown).code)) {
      await transaction(context.database, (trx) => unmarkSent(trx, operations));
    }
    throw thrown;
  }
}

/** Failures of a write that say: nothing has happened. */
const WITHOUT_EFFECT = new Set<ErrorCode>([...EVERYBODY, "BITWARDEN_REFUSED"]);

async function beginSending(context: Organization, operations: OperationRow[], request: string): Promise<void> {
  const now = Date.now();
  await transaction(context.database, async (trx) => {
    await markSending(trx, idsOf(operations), now);
    await appendJournal(
      trx,
      operations.map((operation) => entry(context, operation, "sent", { request })),
      now,
    );
  });
}

/** No failure and no success: due again at once, and read first where something was sent. */
export async function setAside(context: Organization, operations: OperationRow[]): Promise<void> {
  if (operations.length === 0) return;
  await transaction(context.database, (trx) => putBack(trx, context.name, idsOf(operations), Date.now()));
}

/**
 * At the start of every turn, while nothing is being sent: what is found `sending` was left behind by a failed commit
 * or an ended process. It is due at once and read before it is repeated.
 */
export async function recoverOrphans(context: Organization): Promise<void> {
  if (!(await anySending(context.database.reader, context.name))) return;
  await transaction(context.database, (trx) => recoverSending(trx, context.name));
}

/** What reading back showed: the operations that are true now, and the ledger's change. */
export interface ReadBack {
  done: OperationRow[];
  /** Not so; each with its reason. */
  missing: { operation: OperationRow; error: BridgeError }[];
  /** True when the request was answered with success, so that what is missing now will not come. */
  conclusive: boolean;
  /** What was seen, for the journal, where it is not plainly what was asked for. */
  seen?: (operation: OperationRow) => string | undefined;
  /** Writes the ledger in the transaction that closes the operations. */
  ledger(trx: Sql, now: number): Promise<void>;
}

/** Ledger, operations and journal in one transaction: the ledger never says what was not read back. */
export async function completeOperations(context: Organization, result: ReadBack): Promise<void> {
  const now = Date.now();
  await transaction(context.database, async (trx) => {
    await result.ledger(trx, now);
    await setState(trx, idsOf(result.done), "done", now);
    await appendJournal(
      trx,
      result.done.map((operation) => {
        const seen = result.seen?.(operation);
        const data = { attempts: operation.attempts + 1, ...(seen === undefined ? {} : { seen }) };
        return entry(context, operation, "read back", data);
      }),
      now,
    );
    await promoteWaiting(trx, context.name);
  });
  for (const operation of result.done) {
    context.observer.operationDone(context.name, operation, now - operation.hintedAt);
  }
  for (const alike of Map.groupBy(result.missing, ({ error }) => error.message).values()) {
    const operations = alike.map(({ operation }) => operation);
    const error = alike[0]?.error;
    if (error) await failOperations(context, operations, error, { noEffect: result.conclusive });
  }
}

/**
 * Stores a failure with its next attempt, or as a dead letter that people see.
 * @param facts `noEffect`: a read proved that what was sent did nothing
 */
export async function failOperations(
  context: Organization,
  operations: OperationRow[],
  error: BridgeError,
  facts: { noEffect?: boolean } = {},
): Promise<void> {
  if (operations.length === 0) return;
  const now = Date.now();
  const words = `${error.message} ${error.remedy}`;
  // One throw of the dice for all: what failed together is tried again together, in one request.
  const random = Math.random();
  const steps = operations.map((operation) => ({ operation, next: nextAttempt(error, operation, now, random) }));
  const noEffect = facts.noEffect === true;
  await transaction(context.database, async (trx) => {
    for (const alike of Map.groupBy(steps, ({ next }) => JSON.stringify(next)).values()) {
      const ids = alike.map(({ operation }) => operation.id);
      const next = alike[0]?.next;
      if (next?.step === "retry") {
        const retry = { error: words, dueAt: now + next.inMs, attempt: next.counts, noEffect };
        await setState(trx, ids, "ready", now, retry);
      } else await setState(trx, ids, "failed", now, { error: words, attempt: true, noEffect });
    }
    await appendJournal(
      trx,
      operations.map((operation) => entry(context, operation, "failed", { code: error.code, error: words })),
      now,
    );
  });
  for (const { operation, next } of steps) {
    context.observer.operationFailed(context.name, operation, error, next.step);
  }
}

/** Operations whose Bitwarden side is not there any more: closed, and their subjects decided anew. */
export async function withdraw(context: Organization, operations: OperationRow[], reason: string): Promise<void> {
  if (operations.length === 0) return;
  const now = Date.now();
  await transaction(context.database, async (trx) => {
    await setState(trx, idsOf(operations), "withdrawn", now);
    await appendJournal(
      trx,
      operations.map((operation) => entry(context, operation, "withdrawn", { reason })),
      now,
    );
  });
  await decideAnew(context, operations);
}

/** What was decided about these subjects no longer fits what is in Bitwarden. */
export async function decideAnew(
  context: Organization,
  subjects: { kind: "user" | "group"; key: string }[],
): Promise<void> {
  const distinct = new Map(subjects.map(({ kind, key }) => [`${kind}/${key}`, { kind, key }]));
  const claims = [...distinct.values()].map(({ kind, key }) => ({ kind, ...unqualified(key) }));
  for (const [connection, ofConnection] of Map.groupBy(claims, (claim) => claim.connection)) {
    await context.hints.undecided(connection, ofConnection, Date.now());
  }
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

/** A line of the journal about one operation. */
export function entry(
  context: Organization,
  operation: OperationRow,
  step: string,
  data: Record<string, string | number | null>,
): JournalEntry {
  return {
    organization: context.name,
    subject: subjectName({ kind: operation.kind, ...unqualified(operation.key) }),
    operation: operation.id,
    step,
    data: { type: operation.type, label: operation.label, hint: operation.hint, ...data },
  };
}

export function idsOf(operations: OperationRow[]): number[] {
  return operations.map((operation) => operation.id);
}
