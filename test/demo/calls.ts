import type { HistoryEntry } from "../fakes/bitwarden/history.ts";
import { many } from "./screen.ts";

/** Calls by route in order of their first appearance, e.g. `GET members` → 2; tokens are left out. */
export function countCalls(entries: readonly HistoryEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { route } of entries) {
    if (route === "POST /connect/token") continue;
    const name = shortRoute(route);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** The writes by name, and how many reads there were: `POST members/{id}/revoke, and 2 reads`. */
export function callsText(counts: ReadonlyMap<string, number>): string {
  const isRead = ([route]: [string, number]): boolean => route.startsWith("GET ");
  const reads = [...counts].filter(isRead).reduce((sum, [, count]) => sum + count, 0);
  const writes = [...counts].filter((entry) => !isRead(entry));
  // No-break spaces: a call is not torn apart at the end of a line.
  const named = writes.map(([route, count]) => (count === 1 ? route : `${route} ×${count}`).replaceAll(" ", "\u00a0"));
  const parts = [...named, ...(reads > 0 ? [many(reads, "read")] : [])];
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

/** Every route of the Public API is below `/public`. */
function shortRoute(route: string): string {
  return route.replace(" /public/", " ");
}
