import { BridgeError, toBridgeError } from "../domain/errors.ts";
import { storeError } from "../store/database.ts";
import { clampDue, nextDue } from "../store/operations/due.ts";
import { clearOrganizationError, setOrganizationError } from "../store/state.ts";
import { stoppedOf } from "../store/operations/stopped.ts";
import { decideDue } from "./decide/decide.ts";
import { deliverNext } from "./deliver/deliver.ts";
import { renewProofs } from "./deliver/justified.ts";
import { recoverOrphans } from "./deliver/outcome.ts";
import type { Organization } from "./organization.ts";
import { LONGEST_WAIT_MS } from "./retry.ts";

/**
 * One decision and one unit of requests for one organization; rings itself while there is more. Serial per organization:
 * what is planned is never overtaken by what is sent, and a leaver is decided between any two requests. One unit at a
 * time, so that an organization with a long backlog keeps nobody else from their turn.
 */
export async function writeTurn(organization: Organization, signal: AbortSignal): Promise<void> {
  // A function, since it changes while the turn waits.
  const stops = (): boolean => signal.aborted;
  if (stops() || !(await mayWrite(organization))) return;
  const { reader, writer } = organization.database;
  try {
    await recoverOrphans(organization);
    const decided = await decideOrFail(organization);
    let delivered = false;
    if (organization.delivers && !stops() && (await mayWrite(organization))) {
      await renewProofs(organization);
      delivered = await deliverNext(organization);
    }
    if (decided instanceof BridgeError) throw decided;
    if (decided || delivered) {
      organization.ring();
      return;
    }
    organization.outage.ended();
    await clearOrganizationError(writer, organization.name);
    if (await clampDue(organization.database, organization.name, Date.now(), LONGEST_WAIT_MS)) {
      organization.ring();
      return;
    }
    const dueAt = await nextDue(reader, organization.name, Date.now());
    if (dueAt !== null && organization.delivers) organization.ring(dueAt);
  } catch (thrown) {
    if (stops()) return;
    const error = toBridgeError(storeError(thrown));
    organization.observer.failure(organization.name, error);
    // First the bell: it may be the store that failed, and writing that down fails as well.
    organization.ring(Date.now() + organization.outage.declare(error.retryAfterMs));
    await setOrganizationError(writer, organization.name, error, Date.now());
  }
}

/**
 * A decision that cannot be made, because of a list that is not believed for example, keeps nobody from what was decided
 * before: each removal is judged once more when it is sent.
 */
async function decideOrFail(organization: Organization): Promise<boolean | BridgeError> {
  try {
    return await decideDue(organization);
  } catch (thrown) {
    const error = toBridgeError(storeError(thrown));
    if (error.side !== "bitwarden") throw error;
    return error;
  }
}

/** An organization works while one of its connections is started. */
async function mayWrite({ sources, database }: Organization): Promise<boolean> {
  return (await stoppedOf(database.reader, sources.keys())).length < sources.size;
}
