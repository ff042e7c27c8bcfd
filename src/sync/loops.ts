import { toBridgeError } from "../domain/errors.ts";
import { storeError } from "../store/database.ts";
import { nextDue } from "../store/due.ts";
import { nextHintDue } from "../store/hints.ts";
import {
  clearError,
  clearOrganizationError,
  isStarted,
  setConnectionError,
  setOrganizationError,
} from "../store/state.ts";
import type { Connection } from "./connection.ts";
import { decideDue } from "./decide/decide.ts";
import { deliverNext } from "./deliver/deliver.ts";
import { renewProofs } from "./deliver/justified.ts";
import { recoverOrphans } from "./deliver/outcome.ts";
import type { Organization } from "./organization.ts";
import { resolveDue } from "./read/resolve.ts";
import { snapshotDue } from "./read/snapshot-run.ts";
import { backoffMs } from "./retry.ts";

/** Wait after a failure of the whole organization: the next ring or sweep tries again too. */
const PAUSE_ATTEMPT = 2;

/** Directory reads of one connection: dirty users and groups. Stopped connections only collect hints. */
export async function readLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  const { outage } = connection;
  if (!(await isStarted(connection.database.reader, connection.owner.connection))) return;
  if (outage.until > Date.now()) {
    connection.ringDirectory(outage.until);
    return;
  }
  try {
    const name = connection.owner.connection;
    const { read, lookedAt } = await resolveDue(connection, signal);
    outage.ended();
    if (read > 0) await clearError(connection.database.writer, name, "DIRECTORY");
    const dueAt = await nextHintDue(connection.database.reader, name, lookedAt);
    if (dueAt !== null) connection.ringDirectory(dueAt);
  } catch (thrown) {
    outage.failed(Date.now(), toBridgeError(thrown).retryAfterMs);
    // First the bell: it may be the store that failed, and writing that down fails as well.
    connection.ringDirectory(outage.until);
    if (signal.aborted) return;
    const error = toBridgeError(storeError(thrown));
    if (error.code === "DIRECTORY_DENIED") await connection.reopenDirectory();
    connection.observer.failure(connection.owner.connection, error);
    await setConnectionError(connection.database.writer, connection.owner.connection, error, Date.now());
  }
}

/** The whole directory of one connection, beside its single reads. */
export async function snapshotLoop(connection: Connection, signal: AbortSignal): Promise<void> {
  if (await isStarted(connection.database.reader, connection.owner.connection)) await snapshotDue(connection, signal);
}

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
  for (const connection of sources.keys()) if (await isStarted(database.reader, connection)) return true;
  return false;
}
