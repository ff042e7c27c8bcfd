import type { Knex } from "knex";
import type { OperationType } from "../../domain/operation.ts";
import { selectOperations, type OperationState } from "./operations.ts";

/** Operations that fail for one and the same reason. */
export interface Trouble {
  /** The failure and its remedy, in words. */
  error: string;
  count: number;
  /** Of up to three of them. */
  names: string[];
  types: OperationType[];
  /** `failed`: given up; otherwise they are tried again. */
  states: OperationState[];
  /** Epoch ms of the next attempt; null when there is none. */
  dueAt: number | null;
}

const NAMES = 3;

/** What Bitwarden refuses, and what is tried again after a failure: one entry a cause, the most frequent first. */
export async function troublesByCause(db: Knex, organization: string): Promise<Trouble[]> {
  const where = "open = 1 AND state IN ('failed', 'ready', 'waiting') AND error IS NOT NULL ORDER BY id";
  const rows = await selectOperations(db, organization, where, []);
  return [...Map.groupBy(rows, (row) => row.error ?? "")]
    .map(([error, alike]): Trouble => {
      const due = alike.filter((row) => row.state !== "failed").map((row) => row.dueAt);
      return {
        error,
        count: alike.length,
        names: [...new Set(alike.map((row) => row.label))].slice(0, NAMES),
        types: [...new Set(alike.map((row) => row.type))],
        states: [...new Set(alike.map((row) => row.state))],
        dueAt: due.length === 0 ? null : due.reduce((first, at) => Math.min(first, at)),
      };
    })
    .sort((a, b) => b.count - a.count);
}
