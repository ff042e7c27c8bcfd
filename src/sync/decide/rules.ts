import { guard, holdOf, type Holds } from "../../domain/plan/guard.ts";
import { guardClass, type PlannedOperation } from "../../domain/operation.ts";
import { claimsByPerson } from "../../domain/plan/relies.ts";
import { unqualified } from "../../domain/subject.ts";
import type { Sql } from "../../store/database.ts";
import { executedCounts } from "../../store/operations/guard-counts.ts";
import { groupSizes, managedCounts } from "../../store/ledger/ledger.ts";
import { approveFirstRun, connectionRow, organizationRow } from "../../store/state.ts";
import type { Organization } from "../organization.ts";
import type { Decision } from "./decision.ts";

/** Holds that end by themselves when their cause ends; the guard's end only by a person. */
export const PASSING_HOLDS: ReadonlySet<string> = new Set(["first-run", "observe"]);

/** Why operations of one decision are held, and who lets them through without asking. */
export interface Rules {
  /** The hold of a new operation, or null. */
  holdOf(operation: PlannedOperation): string | null;
  /** Who approved the first plan in advance, or null; such invitations do not count for the guard. */
  approvedBy: string | null;
}

/** `fresh`: the operations of this decision that nobody has approved. */
export async function makeRules(
  trx: Sql,
  organization: Organization,
  decision: Decision,
  fresh: PlannedOperation[],
  now: number,
): Promise<Rules> {
  const { name, mode, firstRun } = organization;
  const first = (await organizationRow(trx, name)).first_run_approved_at === null;
  const approvedBy = mode === "sync" && first && firstRun === "apply" ? "firstRun: apply" : null;
  if (approvedBy !== null && decision.subjects.all) await approveFirstRun(trx, name, approvedBy, now);
  const everything = mode === "observe" ? "observe" : first && firstRun === "hold" ? "first-run" : null;
  const changed = await changedScopes(trx, organization);
  const connectionsOf = connectionsBehind(decision);
  const holds = await guardHolds(trx, organization, approvedBy, fresh, now);
  return {
    approvedBy,
    holdOf(operation) {
      if (everything !== null) return everything;
      const takesAway = guardClass(operation.type) !== null && operation.type !== "member.invite";
      const scope = takesAway
        ? connectionsOf(operation).find((one) => isChanged(one, organization, changed))
        : undefined;
      if (scope === undefined) return holdOf(operation, holds);
      return organization.sources.has(scope)
        ? "scope changed in the configuration"
        : `the connection ${scope} is not in the configuration any more`;
    },
  };
}

/** Connections whose scope is not the one that their people were last judged by. */
async function changedScopes(trx: Sql, { sources }: Organization): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const [connection, { scopeHash }] of sources) {
    const row = await connectionRow(trx, connection);
    const known = row?.scope_hash ?? null;
    const read = row?.snapshot_scope_hash ?? scopeHash;
    if (known !== null && (known !== scopeHash || known !== read)) changed.add(connection);
  }
  return changed;
}

function isChanged(connection: string, { sources }: Organization, changed: Set<string>): boolean {
  return changed.has(connection) || !sources.has(connection);
}

/** The connections that ever claimed the person, and that of the group. */
function connectionsBehind({ loaded }: Decision): (operation: PlannedOperation) => string[] {
  const claimsOf = claimsByPerson(loaded.joined);
  return ({ kind, key, object }) => {
    const names = kind === "user" ? claimsOf(key) : [key];
    return [...names, ...(object === "" ? [] : [object])].map((name) => unqualified(name).connection);
  };
}

async function guardHolds(
  trx: Sql,
  { name, guard: limits }: Organization,
  approvedBy: string | null,
  fresh: PlannedOperation[],
  now: number,
): Promise<Holds> {
  const executed = await executedCounts(trx, name, now);
  return guard({
    planned: approvedBy === null ? fresh : fresh.filter((op) => op.type !== "member.invite"),
    executed: executed.byClass,
    executedByGroup: executed.byGroup,
    managed: await managedCounts(trx, name),
    groupSizes: await groupSizes(trx, name, new Set(fresh.map((operation) => operation.object))),
    limits,
  });
}
