import type { Knex } from "knex";
import { jsonList } from "../bulk.ts";
import { selectOperations } from "./operations.ts";
import { isStarted } from "../state.ts";

/** Those of these connections that an administrator has stopped. */
export async function stoppedOf(db: Knex, connections: Iterable<string>): Promise<string[]> {
  const stopped: string[] = [];
  for (const name of connections) if (!(await isStarted(db, name))) stopped.push(name);
  return stopped;
}

const STOPPED = "(SELECT value FROM json_each(?))";
const FINAL_WORD = "json_extract(data, '$.finalWord')";

function connectionIn(column: string): string {
  return `substr(${column}, 1, instr(${column}, '/') - 1)`;
}

/**
 * SQL on `operations` for what may be sent while these connections are stopped, with its bindings: the connection of
 * the group, the one whose word was final, or any one that claims the person, must not be among them.
 */
export function maySend(stopped: readonly string[]): { where: string; bindings: string[] } {
  if (stopped.length === 0) return { where: "1 = 1", bindings: [] };
  const where = `(CASE WHEN object <> '' THEN ${connectionIn("object")} NOT IN ${STOPPED}
    WHEN ${FINAL_WORD} IS NOT NULL THEN ${FINAL_WORD} NOT IN ${STOPPED}
    ELSE ${connectionIn("operations.key")} NOT IN ${STOPPED}
      OR EXISTS (SELECT 1 FROM joined WHERE joined.organization = operations.organization
        AND joined.person = operations.key AND ${connectionIn("joined.claim")} NOT IN ${STOPPED}) END)`;
  return { where, bindings: [1, 2, 3, 4].map(() => jsonList(stopped)) };
}

/** Whether all of these operations may be sent while these connections are stopped. */
export async function mayAllBeSent(
  db: Knex,
  organization: string,
  ids: number[],
  stopped: readonly string[],
): Promise<boolean> {
  if (stopped.length === 0) return true;
  const { where, bindings } = maySend(stopped);
  const held = `id IN (SELECT value FROM json_each(?)) AND NOT ${where} LIMIT 1`;
  return (await selectOperations(db, organization, held, [jsonList(ids), ...bindings])).length === 0;
}
