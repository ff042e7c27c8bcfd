import { guardClass, type GuardClass, type PlannedOperation } from "../operation.ts";
import type { GuardLimits, Limit } from "../options.ts";

/** How many operations of a class were let through without approval inside each window. */
export interface Executed {
  day: number;
  week: number;
}

export interface GuardInput {
  /** Operations of this decision that nobody has approved. */
  planned: PlannedOperation[];
  executed: Record<GuardClass, Executed>;
  /** Memberships removed by group (directory key), same windows. */
  executedByGroup: Map<string, Executed>;
  /** What is managed now. */
  managed: { members: number; memberships: number; groups: number };
  /** Managed members by group (directory key). */
  groupSizes: Map<string, number>;
  limits: GuardLimits;
}

/** Why operations are held: by class, or by group for memberships. Absent: let through. */
export interface Holds {
  byClass: Map<GuardClass, string>;
  byGroup: Map<string, string>;
}

/** Fewer than this never trip a limit: a team of five must be able to lose two people. */
const NEVER_BELOW = 3;
/** The week's limit is three times the day's. */
const WEEK_FACTOR = 3;

/**
 * Decides which classes of a decision are held. A class that would pass its limit is held whole,
 * the first operations included; everything else goes on.
 */
export function guard(input: GuardInput): Holds {
  const holds: Holds = { byClass: new Map(), byGroup: new Map() };
  const counts = countByClass(input.planned);
  const managed: Record<GuardClass, number> = {
    members: input.managed.members,
    memberships: input.managed.memberships,
    groups: input.managed.groups,
    invitations: input.managed.members,
  };
  for (const [name, count] of counts) {
    const why = exceeded(input.limits[name], managed[name], input.executed[name], count);
    if (why !== null) holds.byClass.set(name, `${name}: ${why}`);
  }
  for (const [group, count] of countByGroup(input.planned)) {
    const size = input.groupSizes.get(group) ?? 0;
    const limit: Limit = { max: Number.POSITIVE_INFINITY, percent: input.limits.memberships.percentOfGroup };
    const why = exceeded(limit, size, input.executedByGroup.get(group) ?? { day: 0, week: 0 }, count);
    if (why !== null) holds.byGroup.set(group, `members of one group: ${why}`);
  }
  return holds;
}

/** The hold that concerns one operation, or null. */
export function holdOf(operation: PlannedOperation, holds: Holds): string | null {
  const name = guardClass(operation.type);
  if (name === null) return null;
  const byGroup = operation.type === "membership.remove" ? holds.byGroup.get(operation.object) : undefined;
  return holds.byClass.get(name) ?? byGroup ?? null;
}

function exceeded(limit: Limit, managed: number, executed: Executed, planned: number): string | null {
  const windows = [
    { name: "24 hours", count: executed.day + planned, factor: 1 },
    { name: "7 days", count: executed.week + planned, factor: WEEK_FACTOR },
  ];
  for (const { name, count, factor } of windows) {
    if (count < NEVER_BELOW) continue;
    const max = limit.max * factor;
    const byPercent = (managed * Math.min(100, limit.percent * factor)) / 100;
    if (count > max) return `${String(count)} in ${name}, the limit is ${String(max)}`;
    if (count > byPercent && limit.percent < 100) {
      return `${String(count)} in ${name} of ${String(managed)} managed, the limit is ${String(limit.percent * factor)} %`;
    }
  }
  return null;
}

function countByClass(planned: PlannedOperation[]): Map<GuardClass, number> {
  const counts = new Map<GuardClass, number>();
  for (const operation of planned) {
    const name = guardClass(operation.type);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function countByGroup(planned: PlannedOperation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const operation of planned) {
    if (operation.type !== "membership.remove") continue;
    counts.set(operation.object, (counts.get(operation.object) ?? 0) + 1);
  }
  return counts;
}
