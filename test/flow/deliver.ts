import type { OperationData, OperationType } from "../../src/domain/operation.ts";
import { insertOperations, type NewOperation } from "../../src/store/operations.ts";
import type { Connection } from "../../src/sync/connection.ts";
import { OWNER, startWorld, type World } from "./world.ts";

/** What the units of deliver work with. */
export function connectionOf(world: World): Connection {
  const [connection] = world.app.connections;
  if (!connection) throw new Error("the world has no connection");
  return connection;
}

/** A small company that has been in step for a while: no reconciliation of the start hides anything. */
export async function rested(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld({ okta: { users: 6, groups: 1 }, ...options });
  await world.full();
  return world;
}

/** The id of one of the first people. */
export function person(world: World, at = 0): string {
  return world.okta.dump().users[at]?.id ?? "";
}

/** Tries what is put off again and again until nothing is open. */
export async function persist(world: World): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await world.quiet();
    if ((await world.operations("open = 1")).length === 0) return;
    await world.hurry();
  }
}

/** Ready operations, as a decision would have recorded them. */
export async function plan(world: World, type: OperationType, keys: string[], data: OperationData = {}): Promise<void> {
  const words = { reason: "tested", evidence: "none", hint: "", hintedAt: Date.now(), approvedBy: null, hold: null };
  const operations = keys.map((key): NewOperation => {
    return { type, kind: "user", key, object: "", data, label: key, state: "ready", ...words };
  });
  await insertOperations(world.app.database.writer, OWNER, operations, Date.now());
}

/** Whether open operations were sent, by key. */
export async function sentAts(world: World): Promise<Record<string, boolean>> {
  const open = await world.operations("open = 1");
  return Object.fromEntries(open.map((row) => [row.key, row.sentAt !== null]));
}
