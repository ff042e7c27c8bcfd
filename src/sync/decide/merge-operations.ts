import { takesAway, type PlannedOperation } from "../../domain/operation.ts";
import { claimsByPerson, reliesOn } from "../../domain/plan/relies.ts";
import type { Sql } from "../../store/database.ts";
import { correlationId } from "../../store/hints/hints.ts";
import {
  insertOperations,
  loadOpen,
  refreshEvidence,
  setState,
  type NewOperation,
  type OperationRow,
  type OperationState,
} from "../../store/operations/operations.ts";
import { confirmInstead } from "../../store/operations/sending.ts";
import { unsettled } from "../../store/hints/unsettled.ts";
import type { Organization } from "../organization.ts";
import type { Decision } from "./decision.ts";
import { answeredOnes } from "./unconfirmed.ts";
import { summaryOf, type Merged } from "./merge-summary.ts";
import { makeRules, PASSING_HOLDS, type Rules } from "./rules.ts";

/** A dead letter that is still planned after this long is tried again. */
const RETRY_FAILED_MS = 60 * 60 * 1000;

/**
 * Brings the stored operations in step with the plan: equal ones stay what they are, vanished ones are
 * withdrawn (or asked after, when they were sent and nobody knows what became of them), new ones pass the guard.
 */
export async function mergeOperations(
  trx: Sql,
  organization: Organization,
  decision: Decision,
  now: number,
): Promise<Merged> {
  const all = await loadOpen(trx, organization.name, decision.subjects);
  // What is only asked after stands in nobody's way.
  const rows = all.filter(({ state }) => state !== "confirming");
  const open = new Map(rows.map((row) => [operationKey(row), row]));
  const { justified, outdated } = await withoutOutdated(trx, organization, decision);
  const planned = new Map(justified.map((op) => [operationKey(op), op]));
  const { kept, judged } = compare(planned, open);
  // What is outdated is neither planned nor withdrawn: the hint that is open decides about it.
  const vanished = rows.filter((row) => !planned.has(operationKey(row)) && !outdated.has(operationKey(row)));
  const rules = await makeRules(trx, organization, decision, judged, now);
  const inLedger = ledgerSides(decision);
  const hintBehind = hintsBehind(decision);
  const created: NewOperation[] = [];
  const replaced: OperationRow[] = [];
  for (const operation of judged) {
    const row = open.get(operationKey(operation));
    const judgement = withHold(operation, rules, inLedger, hintBehind(operation));
    if (row && sameChange(row, operation) && judgement.hold === row.hold) {
      kept.push(row);
      continue;
    }
    if (row) replaced.push(row);
    created.push(judgement);
  }
  const over = [...vanished, ...replaced];
  const answered = answeredOnes(over, decision);
  await setState(trx, idsOf(answered), "done", now);
  await confirmInstead(trx, idsOf(over.filter((row) => !answered.includes(row))), now);
  await insertOperations(trx, organization.name, created, now);
  await refreshProofs(trx, kept, planned);
  await release(trx, kept, planned, inLedger, now);
  return summaryOf(organization.name, { created, answered, ended: over.filter((row) => !answered.includes(row)) });
}

/** Sets apart what takes something away although a hint came, or a row was read, since this decision began. */
async function withoutOutdated(
  trx: Sql,
  { sources }: Organization,
  { plan, model, loaded }: Decision,
): Promise<{ justified: PlannedOperation[]; outdated: Set<string> }> {
  const known = { claimsOf: claimsByPerson(loaded.joined), groupEdges: model.groupEdges, sources };
  const removals = plan.operations.filter(({ type }) => takesAway(type));
  const relied = new Map(removals.map((op) => [operationKey(op), reliesOn(op, known)]));
  const all = [...relied.values()];
  const users = new Set(all.flatMap((one) => one.users));
  const groups = new Set(all.flatMap((one) => one.groups));
  const open = await unsettled(trx, { users, groups });
  const outdated = new Set<string>();
  for (const [key, one] of relied) {
    if (one.users.some((user) => open.users.has(user)) || one.groups.some((group) => open.groups.has(group)))
      outdated.add(key);
  }
  return { justified: plan.operations.filter((op) => !outdated.has(operationKey(op))), outdated };
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

function withHold(operation: PlannedOperation, rules: Rules, inLedger: Sides, hint: HintBehind): NewOperation {
  const hold = rules.holdOf(operation);
  const state = hold === null ? sendable(operation, inLedger) : "held";
  const approvedBy = operation.type === "member.invite" ? rules.approvedBy : null;
  return { ...operation, ...hint, hold, state, approvedBy };
}

interface HintBehind {
  hint: string;
  hintedAt: number;
}

/** The hint that caused an operation: what its log lines are found by, and where its latency starts. */
function hintsBehind({ hints, loaded }: Decision): (operation: PlannedOperation) => HintBehind {
  const known = new Map<string, HintBehind>();
  for (const hint of hints) {
    const name = `${hint.connection}/${hint.key}`;
    known.set(loaded.joined.get(name) ?? name, { hint: correlationId(hint), hintedAt: hint.firstAt });
  }
  const [oldest] = known.values();
  const fallback = oldest ?? { hint: "", hintedAt: Date.now() };
  return (operation) => known.get(operation.key) ?? known.get(operation.object) ?? fallback;
}

interface Sides {
  users: Set<string>;
  groups: Set<string>;
}

function ledgerSides({ model, plan }: Decision): Sides {
  return {
    users: new Set([...model.ledgerUsers.keys(), ...plan.adoptedUsers.map((user) => user.key)]),
    groups: new Set([...model.ledgerGroups.keys(), ...plan.adoptedGroups.map((group) => group.key)]),
  };
}

function sendable(operation: { type: string; key: string; object: string }, inLedger: Sides): OperationState {
  if (operation.type !== "membership.add") return "ready";
  return inLedger.users.has(operation.key) && inLedger.groups.has(operation.object) ? "ready" : "waiting";
}

/** What is planned again rests on what was read last. */
async function refreshProofs(trx: Sql, kept: OperationRow[], planned: Map<string, PlannedOperation>): Promise<void> {
  const fresh = kept.flatMap((row) => {
    const operation = planned.get(operationKey(row));
    if (!operation || (operation.evidence === row.evidence && operation.provenAt === row.provenAt)) return [];
    return [{ id: row.id, evidence: operation.evidence, provenAt: operation.provenAt }];
  });
  await refreshEvidence(trx, fresh);
}

/**
 * Approved and, if it takes something away, proven by a read that began later: goes out. A dead letter that is still
 * wanted is tried again.
 */
async function release(
  trx: Sql,
  kept: OperationRow[],
  planned: Map<string, PlannedOperation>,
  inLedger: Sides,
  now: number,
): Promise<void> {
  const isProven = (row: OperationRow): boolean =>
    !takesAway(row.type) || (planned.get(operationKey(row))?.provenAt ?? 0) >= (row.approvedAt ?? 0);
  const again = kept.filter(
    (row) =>
      (row.state === "held" && row.approvedBy !== null && isProven(row)) ||
      (row.state === "failed" && now - (row.finishedAt ?? now) > RETRY_FAILED_MS),
  );
  for (const state of ["ready", "waiting"] as const) {
    await setState(trx, idsOf(again.filter((row) => sendable(row, inLedger) === state)), state, now);
  }
}

function operationKey(operation: { kind: string; key: string; object: string }): string {
  return JSON.stringify([operation.kind, operation.key, operation.object]);
}

function sameChange(row: OperationRow, operation: PlannedOperation): boolean {
  const { email, externalId, name, finalWord } = operation.data;
  return (
    row.type === operation.type &&
    row.data.email === email &&
    row.data.externalId === externalId &&
    row.data.name === name &&
    row.data.finalWord === finalWord
  );
}

/** Held for a reason that may have ended: judged again like a new operation. */
function isPassing(row: OperationRow): boolean {
  return row.state === "held" && row.approvedBy === null && row.hold !== null && PASSING_HOLDS.has(row.hold);
}

function idsOf(rows: OperationRow[]): number[] {
  return rows.map((row) => row.id);
}
