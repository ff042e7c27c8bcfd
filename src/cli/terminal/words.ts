import type { OperationType } from "../../domain/operation.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

/** `3 minutes`, `2 days`: one unit is enough to act on. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return count(Math.max(0, Math.round(ms / SECOND_MS)), "second");
  if (ms < 2 * HOUR_MS) return count(Math.round(ms / MINUTE_MS), "minute");
  if (ms < 2 * DAY_MS) return count(Math.round(ms / HOUR_MS), "hour");
  return count(Math.round(ms / DAY_MS), "day");
}

/** How long ago, or `never`. */
export function ago(atMs: number | null): string {
  return atMs === null ? "never" : `${duration(Date.now() - atMs)} ago`;
}

/** Columns as wide as their widest cell; the last one is free. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "),
  );
}

const NOUNS: Record<OperationType, [string, string]> = {
  "member.invite": ["invitation", "invitations"],
  "member.link": ["member linked to the directory", "members linked to the directory"],
  "member.revoke": ["revocation", "revocations"],
  "member.restore": ["restoration", "restorations"],
  "member.remove": ["removal", "removals"],
  "membership.add": ["new membership", "new memberships"],
  "membership.remove": ["lost membership", "lost memberships"],
  "group.create": ["new group", "new groups"],
  "group.rename": ["group name", "group names"],
  "group.link": ["group linked to the directory", "groups linked to the directory"],
  "group.delete": ["group deletion", "group deletions"],
};

/** `30 invitations, 5 new groups`. */
export function operationsText(counts: readonly { type: string; count: number }[]): string {
  const sums = new Map<string, number>();
  for (const { type, count: number } of counts) sums.set(type, (sums.get(type) ?? 0) + number);
  const known = new Map<string, [string, string]>(Object.entries(NOUNS));
  return [...sums].map(([type, sum]) => count(sum, ...(known.get(type) ?? [type, type]))).join(", ");
}

/** Groups by type, for `operationsText`. */
export function countTypes(operations: readonly { type: string }[]): { type: string; count: number }[] {
  return operations.map(({ type }) => ({ type, count: 1 }));
}

const HOLDS: Readonly<Record<string, string>> = {
  "first-run": "the first plan waits for approval",
  observe: "the organization is only observed (mode: observe)",
};

/** The reason of a hold in words; the guard's own reasons are sentences already. */
export function holdText(hold: string | null): string {
  return hold === null ? "" : (HOLDS[hold] ?? hold);
}
