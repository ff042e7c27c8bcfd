import type { Pace } from "../../config/schema/bitwarden.ts";
import type { OperationType } from "../../domain/operation.ts";
import type { OperationRow } from "../../store/operations.ts";

/** What a plan costs. */
export interface Forecast {
  /** Change of the seats in use: revoked members take none. */
  seats: number;
  /** Requests that change something in Bitwarden. */
  writes: number;
  /** At the configured pace; null: no limit is configured. */
  minutes: number | null;
}

const SEATS: Partial<Record<OperationType, number>> = {
  "member.invite": 1,
  "member.restore": 1,
  "member.revoke": -1,
  "member.remove": -1,
};

/** One import carries so many people, or so many new groups. */
const PEOPLE_PER_IMPORT = 1_000;
const GROUPS_PER_IMPORT = 200;

/** Estimates what sending these operations would take, held ones included. */
export function forecast(operations: readonly OperationRow[], pace: Pace | "open"): Forecast {
  const wanted = operations.filter(({ state }) => state !== "rejected");
  const of = (...types: OperationType[]): OperationRow[] => wanted.filter(({ type }) => types.includes(type));
  const changedGroups = new Set(of("membership.add", "membership.remove").map(({ object }) => object));
  const writes =
    of("member.revoke", "member.restore", "member.remove", "group.rename", "group.link", "group.delete").length +
    Math.ceil(of("member.invite", "member.link").length / PEOPLE_PER_IMPORT) +
    Math.ceil(of("group.create").length / GROUPS_PER_IMPORT) +
    changedGroups.size;
  const seats = wanted.reduce((sum, { type }) => sum + (SEATS[type] ?? 0), 0);
  return { seats, writes, minutes: minutesFor(writes, pace) };
}

function minutesFor(writes: number, pace: Pace | "open"): number | null {
  if (pace === "open") return null;
  const perMinute = Math.min(pace.writesPerMinute, pace.writesPerSecond * 60);
  return Number.isFinite(perMinute) ? Math.ceil(writes / perMinute) : null;
}
