import type { Knex } from "knex";

/** What a column of a bulk statement may hold. */
export type Cell = string | number | boolean | null;

/**
 * The rows of a bulk statement as one JSON parameter: `FROM json_each(?)`. One multi-row statement is
 * atomic by itself, twice as fast as many single ones, and knows no limit on variables.
 */
export function jsonRows(rows: Cell[][]): string {
  return JSON.stringify(rows);
}

/** `json_extract(value,'$[0]'), …` for that many columns. */
export function jsonColumns(count: number): string {
  return Array.from({ length: count }, (_, at) => `json_extract(value,'$[${String(at)}]')`).join(", ");
}

/** Inserts rows, or leaves the statement to `onConflict` (an `ON CONFLICT …` clause). */
export async function insertRows(
  trx: Knex,
  table: string,
  columns: string[],
  rows: Cell[][],
  onConflict = "",
): Promise<void> {
  if (rows.length === 0) return;
  // WHERE true: without it SQLite reads ON CONFLICT as a join condition of the SELECT.
  const select = `SELECT ${jsonColumns(columns.length)} FROM json_each(?) WHERE true`;
  await trx.raw(`INSERT INTO ${table} (${columns.join(", ")}) ${select} ${onConflict}`, [jsonRows(rows)]);
}

/** A list of keys as one parameter of `IN (SELECT value FROM json_each(?))`. */
export function jsonList(values: Iterable<string | number>): string {
  return JSON.stringify([...values]);
}

/** Keys packed per group by `json_group_array`: a thousand rows instead of a hundred thousand. */
export interface Packed {
  groupKey: string;
  keys: string;
}

export function unpack(rows: Packed[]): Map<string, string[]> {
  return new Map(rows.map((row) => [row.groupKey, parseKeys(row.keys)]));
}

function parseKeys(packed: string): string[] {
  const parsed: unknown = JSON.parse(packed);
  if (!Array.isArray(parsed)) throw new TypeError("json_group_array gave no array");
  return parsed.map(String);
}
