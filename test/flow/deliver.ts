import type { OperationData, OperationType } from "../../src/domain/operation.ts";
import { insertOperations, type NewOperation } from "../../src/store/operations/operations.ts";
import type { Organization } from "../../src/sync/organization.ts";
import { keyOf, oktaId, OWNER, startWorld, type World } from "./world.ts";

/** What the units of deliver work with. */
export function organizationOf(world: World): Organization {
  const [organization] = world.app.organizations;
  if (!organization) throw new Error("the world has no organization");
  return organization;
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
export async function plan(world: World, type: OperationType, ids: string[], data: OperationData = {}): Promise<void> {
  const words = { reason: "tested", evidence: "none", hint: "", hintedAt: Date.now(), approvedBy: null, hold: null };
  const operations = ids.map((id): NewOperation => {
    const provenAt = Date.now();
    return { type, kind: "user", key: keyOf(id), object: "", data, label: id, state: "ready", provenAt, ...words };
  });
  await insertOperations(world.app.database.writer, OWNER.organization, operations, Date.now());
}

/** Whether open operations were sent, by Okta id. */
export async function sentAts(world: World): Promise<Record<string, boolean>> {
  const open = await world.operations("open = 1");
  return Object.fromEntries(open.map((row) => [oktaId(row.key), row.sentAt !== null]));
}
