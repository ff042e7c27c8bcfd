import type { Model, Subjects } from "../../domain/model.ts";
import type { OperationRow } from "../../store/operations.ts";
import { loadSent } from "../../store/sending.ts";
import type { Connection } from "../connection.ts";

/**
 * Open operations that were sent before and never read back: the answer was lost, or the process ended.
 * Each may have worked, so the ledger may be wrong about what they touch, and Bitwarden must be asked.
 */
export async function loadTried(connection: Connection, subjects: Subjects): Promise<OperationRow[]> {
  return loadSent(connection.database.reader, connection.owner, subjects);
}

/** A member found revoked whom we tried to revoke was revoked by us: who comes back is restored. Answers their keys. */
export function assumeOurs(model: Model, tried: OperationRow[]): Set<string> {
  const ours = new Set<string>();
  for (const { type, key } of tried) {
    const known = model.ledgerUsers.get(key);
    if (!known || type !== "member.revoke") continue;
    model.ledgerUsers.set(key, { ...known, revokedByUs: true });
    ours.add(key);
  }
  return ours;
}
