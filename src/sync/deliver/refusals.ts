import { BridgeError } from "../../domain/errors.ts";
import type { Poison } from "../../domain/live/poison.ts";
import type { OperationRow } from "../../store/operations/operations.ts";

/** An import that fails so often without a reason is gone round: each person then gets an answer of their own. */
const SINGLY_FROM_ATTEMPT = 2;

/** Sent again and again, and each time nobody knew what became of it. */
export function isStubborn({ sentAt, attempts }: OperationRow): boolean {
  return sentAt !== null && attempts >= SINGLY_FROM_ATTEMPT;
}

/** The operations whose records the answer names by their place in the request, e.g. `Members[3].Email`. */
export function recordsNamed(
  error: BridgeError,
  list: "Members" | "Groups",
  operations: OperationRow[],
): OperationRow[] {
  const places = Object.keys(error.details ?? {}).flatMap((key) => {
    const place = new RegExp(`^(?:\\$\\.)?${list}\\[(\\d+)\\]`, "i").exec(key)?.[1];
    return place === undefined ? [] : [Number(place)];
  });
  return [...new Set(places)].flatMap((place) => operations[place] ?? []);
}

/** Why imports cannot work, and what to do about it. */
export function poisoned({ what, remedy }: Poison): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    message: `every import fails: ${what}`,
    remedy: `${remedy} Then run \`bwbridge sync\`.`,
    retry: "after",
    retryAfterMs: 60 * 60 * 1000,
  });
}
