import type { Sql } from "../../store/database.ts";
import { guard, holdOf, type Holds } from "../../domain/guard.ts";
import { guardClass, type PlannedOperation } from "../../domain/operation.ts";
import { correlationId, type ResolvedHint } from "../../store/hints.ts";
import { executedCounts } from "../../store/guard-counts.ts";
import type { JournalEntry } from "../../store/journal.ts";
import { groupSizes, managedCounts } from "../../store/ledger.ts";
import {
  insertOperations,
  loadOpen,
  refreshEvidence,
  setState,
  type NewOperation,
  type OperationRow,
  type OperationState,
} from "../../store/operations.ts";
import { approveFirstRun, connectionRow, organizationRow } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import type { Decision } from "./decide.ts";

/** A dead letter that is still planned after this long is tried again. */
const RETRY_FAILED_MS = 60 * 60 * 1000;
/** Holds that end by themselves when their cause ends; the guard's end only by a person. */
const PASSING_HOLDS = new Set(["first-run", "observe"]);

export interface Merged {
  journal: JournalEntry[];
  counts: Record<string, number>;
  /** Newly held operations by hold. */
  holds: Map<string, number>;
}

interface Rules {
  /** A hold for everything, or null. */
  everything: string | null;
  /** A hold for whatever takes away, or null. */
  removals: string | null;
  /** Who lets the first plan through without asking, or null. */
  approvedBy: string | null;
  guard: Holds;
}

/**
 * Brings the stored operations in step with the plan: equal ones stay what they are, vanished ones are
 * withdrawn, new ones pass the guard.
 */
export async function mergeOperations(
  trx: Sql,
  connection: Connection,
  decision: Decision,
  now: number,
): Promise<Merged> {
  const open = new Map((await loadOpen(trx, connection.owner, decision.subjects)).map((row) => [slot(row), row]));
  const planned = new Map(decision.plan.operations.map((op) => [slot(op), op]));
  const { kept, judged } = compare(planned, open);
  const vanished = [...open.values()].filter((row) => !planned.has(slot(row)));
  const rules = await makeRules(trx, connection, decision, judged, now);
  const ready = sides(decision);
  const cause = causes(decision);
  const created: NewOperation[] = [];
  const replaced: OperationRow[] = [];
  for (const operation of judged) {
    const row = open.get(slot(operation));
    const judgement = toNew(operation, rules, ready, cause(operation));
    if (row && sameChange(row, operation) && judgement.hold === row.hold) {
      kept.push(row);
      continue;
    }
    if (row) replaced.push(row);
    created.push(judgement);
  }
  const withdrawn = [...vanished, ...replaced].map((row) => row.id);
  await setState(trx, withdrawn, "withdrawn", now);
  await insertOperations(trx, connection.owner, created, now);
  await release(trx, kept, decision.hints, ready, now);
  const evidence = kept.flatMap((row) => {
    const operation = planned.get(slot(row));
    return operation && operation.evidence !== row.evidence ? [{ id: row.id, evidence: operation.evidence }] : [];
  });
  await refreshEvidence(trx, evidence);
  return summary(connection, created, vanished);
}

/** Equal to what is stored: kept. New, different, or held for a reason that may have ended: to be judged. */
function compare(
  planned: Map<string, PlannedOperation>,
  open: Map<string, OperationRow>,
): { kept: OperationRow[]; judged: PlannedOperation[] } {
  const kept: OperationRow[] = [];
  const judged: PlannedOperation[] = [];
  for (const [id, operation] of planned) {
    const row = open.get(id);
    if (row && sameChange(row, operation) && !isPassing(row)) kept.push(row);
    else judged.push(operation);
  }
  return { kept, judged };
}

async function makeRules(
  trx: Sql,
  connection: Connection,
  decision: Decision,
  fresh: PlannedOperation[],
  now: number,
): Promise<Rules> {
  const { owner } = connection;
  const organization = await organizationRow(trx, owner.organization);
  const scopeHash = (await connectionRow(trx, owner.connection))?.scope_hash ?? null;
  const first = organization.first_run_approved_at === null;
  const executed = await executedCounts(trx, owner, now);
  const approvedBy = first && connection.firstRun === "apply" ? "firstRun: apply" : null;
  if (approvedBy !== null && decision.subjects.all) await approveFirstRun(trx, owner.organization, approvedBy, now);
  return {
    everything:
      connection.mode === "observe" ? "observe" : first && connection.firstRun === "hold" ? "first-run" : null,
    removals: scopeHash !== null && scopeHash !== connection.scopeHash ? "scope changed in the configuration" : null,
    approvedBy,
    guard: guard({
      planned: approvedBy === null ? fresh : fresh.filter((op) => op.type !== "member.invite"),
      executed: executed.byClass,
      executedByGroup: executed.byGroup,
      managed: await managedCounts(trx, owner),
      groupSizes: await groupSizes(trx, owner, new Set(fresh.map((operation) => operation.object))),
      limits: connection.guard,
    }),
  };
}

function toNew(operation: PlannedOperation, rules: Rules, ready: Sides, cause: Cause): NewOperation {
  const takesAway = guardClass(operation.type) !== null && operation.type !== "member.invite";
  const hold = rules.everything ?? (takesAway ? rules.removals : null) ?? holdOf(operation, rules.guard);
  const state = hold === null ? sendable(operation, ready) : "held";
  const approvedBy = operation.type === "member.invite" ? rules.approvedBy : null;
  return { ...operation, ...cause, hold, state, approvedBy };
}

interface Cause {
  hint: string;
  hintedAt: number;
}

/** The hint that caused an operation: what its log lines are found by, and where its latency starts. */
function causes(decision: Decision): (operation: PlannedOperation) => Cause {
  const known = new Map<string, Cause>();
  for (const hint of decision.hints) known.set(hint.key, { hint: correlationId(hint), hintedAt: hint.firstAt });
  const [oldest] = known.values();
  const fallback = oldest ?? { hint: "", hintedAt: Date.now() };
  return (operation) => known.get(operation.key) ?? known.get(operation.object) ?? fallback;
}

interface Sides {
  users: Set<string>;
  groups: Set<string>;
}

function sides(decision: Decision): Sides {
  const { model, plan } = decision;
  return {
    users: new Set([...model.ledgerUsers.keys(), ...plan.adoptedUsers.map((user) => user.key)]),
    groups: new Set([...model.ledgerGroups.keys(), ...plan.adoptedGroups.map((group) => group.key)]),
  };
}

function sendable(operation: { type: string; key: string; object: string }, ready: Sides): OperationState {
  if (operation.type !== "membership.add") return "ready";
  return ready.users.has(operation.key) && ready.groups.has(operation.object) ? "ready" : "waiting";
}

/** Approved and confirmed by a read that began later: goes out. A dead letter that is still wanted is tried again. */
async function release(
  trx: Sql,
  kept: OperationRow[],
  hints: ResolvedHint[],
  ready: Sides,
  now: number,
): Promise<void> {
  const readAt = new Map(hints.map((hint) => [`${hint.kind}/${hint.key}`, hint.readAt]));
  const lastRead = ({ kind, key, object }: OperationRow): number =>
    Math.max(...["all/", `${kind}/${key}`, `group/${object}`].map((subject) => readAt.get(subject) ?? 0));
  const again = kept.filter(
    (row) =>
      (row.state === "held" && row.approvedBy !== null && lastRead(row) >= (row.approvedAt ?? 0)) ||
      (row.state === "failed" && now - (row.finishedAt ?? now) > RETRY_FAILED_MS),
  );
  for (const state of ["ready", "waiting"] as const) {
    const ids = again.filter((row) => sendable(row, ready) === state).map((row) => row.id);
    await setState(trx, ids, state, now);
  }
}

function slot(operation: { kind: string; key: string; object: string }): string {
  return JSON.stringify([operation.kind, operation.key, operation.object]);
}

function sameChange(row: OperationRow, operation: PlannedOperation): boolean {
  const { email, externalId, name } = operation.data;
  return (
    row.type === operation.type &&
    row.data.email === email &&
    row.data.externalId === externalId &&
    row.data.name === name
  );
}

/** Held for a reason that may have ended: judged again like a new operation. */
function isPassing(row: OperationRow): boolean {
  return row.state === "held" && row.approvedBy === null && row.hold !== null && PASSING_HOLDS.has(row.hold);
}

function summary(connection: Connection, created: NewOperation[], withdrawn: OperationRow[]): Merged {
  const { organization, connection: name } = connection.owner;
  const counts: Record<string, number> = { withdrawn: withdrawn.length };
  const holds = new Map<string, number>();
  for (const { type, hold } of created) {
    counts[type] = (counts[type] ?? 0) + 1;
    if (hold !== null) holds.set(hold, (holds.get(hold) ?? 0) + 1);
  }
  const journal: JournalEntry[] = [
    ...created.map((op) => ({
      organization,
      subject: `${name}/${op.kind}/${op.key}`,
      operation: null,
      step: op.hold === null ? "planned" : "held",
      data: { type: op.type, label: op.label, reason: op.reason, evidence: op.evidence, hold: op.hold, hint: op.hint },
    })),
    ...withdrawn.map((op) => ({
      organization,
      subject: `${name}/${op.kind}/${op.key}`,
      operation: op.id,
      step: "withdrawn",
      data: { type: op.type, label: op.label, reason: "no longer planned" },
    })),
  ];
  return { journal, counts, holds };
}
