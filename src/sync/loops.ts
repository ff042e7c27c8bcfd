import { toBridgeError } from "../domain/errors.ts";
import { storeError } from "../store/database.ts";
import { nextDue } from "../store/operations/due.ts";
import { clearOrganizationError, setOrganizationError } from "../store/state.ts";
import { stoppedOf } from "../store/stopped.ts";
import { decideDue } from "./decide/decide.ts";
import { deliverNext } from "./deliver/deliver.ts";
import { renewProofs } from "./deliver/justified.ts";
import { recoverOrphans } from "./deliver/outcome.ts";
import type { Organization } from "./organization.ts";
import { backoffMs } from "./retry.ts";

/** Wait after a failure of the whole organization: the next ring or sweep tries again too. */
const PAUSE_ATTEMPT = 2;

/**
 * One decision and one unit of requests for one organization; rings itself while there is more. Serial per organization:
 * what is planned is never overtaken by what is sent, and a leaver is decided between any two requests. One unit at a
 * time, so that an organization with a long backlog keeps nobody else from their turn.
 */
export async function writeTurn(organization: Organization, signal: AbortSignal): Promise<void> {
  if (signal.aborted || !(await mayWrite(organization))) return;
  const { reader, writer } = organization.database;
  try {
    await recoverOrphans(organization);
    const decided = await decideDue(organization);
    let delivered = false;
    if (organization.delivers && !signal.aborted && (await mayWrite(organization))) {
      await renewProofs(organization);
      delivered = await deliverNext(organization);
    }
    if (decided || delivered) {
      organization.ring();
      return;
    }
    await clearOrganizationError(writer, organization.name);
    const dueAt = await nextDue(reader, organization.name, Date.now());
    if (dueAt !== null && organization.delivers) organization.ring(dueAt);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toBridgeError(storeError(thrown));
    organization.observer.failure(organization.name, error);
    organization.ring(Date.now() + (error.retryAfterMs ?? backoffMs(PAUSE_ATTEMPT)));
    await setOrganizationError(writer, organization.name, error, Date.now());
  }
}

/** An organization works while one of its connections is started. */
async function mayWrite({ sources, database }: Organization): Promise<boolean> {
  return (await stoppedOf(database.reader, sources.keys())).length < sources.size;
}
