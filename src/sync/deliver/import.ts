import type { OperationRow } from "../../store/operations/operations.ts";
import type { Organization } from "../organization.ts";
import { createGroups } from "./create-groups.ts";
import { placePeople } from "./people.ts";

/**
 * Invites and links members, or creates groups with their members. As much as one import should carry is done; the rest
 * of the operations stays ready for the next unit, so that whoever must lose access never waits for a long import.
 */
export async function deliverImport(context: Organization, operations: OperationRow[]): Promise<void> {
  if (operations[0]?.kind === "group") await createGroups(context, operations);
  else await placePeople(context, operations);
}
