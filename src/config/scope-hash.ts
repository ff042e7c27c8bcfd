import { createHash } from "node:crypto";
import { connectionSchema, type ConnectionConfig } from "./schema/connection.ts";
import { leavesOf } from "./schema/walk.ts";

/**
 * SHA-256 (hex) of everything that decides who is in scope: which directory, seen by which account, filters, paths,
 * classes, attributes, switches. Keys that are not given do not count, so a later version with more keys
 * computes the same. A token or password may be rotated without a change.
 */
export function scopeHash(connection: ConnectionConfig): string {
  const parts = [...leavesOf(connectionSchema, connection)]
    .filter((leaf) => leaf.marks.scope === true)
    .map((leaf) => JSON.stringify([leaf.path.join("."), leaf.value]));
  const hash = createHash("sha256").update(JSON.stringify(["directory.type", connection.directory.type]));
  return hash.update(parts.sort().join("\n")).digest("hex");
}
