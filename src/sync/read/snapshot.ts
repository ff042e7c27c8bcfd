import type { CompletenessProof } from "../../domain/directory.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { ReadStamp } from "../../store/directory/directory-rows.ts";
import { connectionRow } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import {
  compareGroup,
  compareUser,
  loadComparison,
  nominateMissing,
  nominateUnreadable,
  type Comparison,
} from "./compare.ts";
import { readNominated, type NominatedReads } from "./nominated.ts";
import { takeFirstCursor } from "./poll.ts";

/** Rows are written in transactions of this many, so that hooks get their commits in between. */
const WRITE_BATCH = 1_000;

export interface Reconciliation {
  proof: CompletenessProof;
  nominated: NominatedReads;
}

/**
 * Reads the whole directory, stores what is new or active, and reads directly whatever is missing,
 * disabled, out of scope, or a lost membership. Throws when the snapshot is not provably complete;
 * then nothing is nominated.
 */
export async function readEverything(connection: Connection, signal: AbortSignal): Promise<Reconciliation> {
  const directory = await connection.directory();
  const name = connection.owner.connection;
  await takeFirstCursor(connection, directory, signal);
  const stamp = await connection.directoryStore.beginSnapshot(name);
  const comparison = await loadComparison(connection);
  connection.observer.directoryRead(name, "snapshot");
  const pages = directory.snapshot(signal);
  let page = await pages.next();
  while (page.done !== true) {
    switch (page.value.kind) {
      case "users":
        for (const user of page.value.users) compareUser(user, comparison);
        break;
      case "groups":
        for (const group of page.value.groups) compareGroup(group, comparison);
        break;
      case "unreadable":
        nominateUnreadable(page.value.of, page.value.keys, comparison);
        break;
    }
    if (comparison.newUsers.length + comparison.newGroups.length >= WRITE_BATCH) {
      await flush(connection, comparison, stamp);
    }
    report(connection, comparison);
    page = await pages.next();
  }
  await flush(connection, comparison, stamp);
  refuseEmpty(connection, comparison, page.value);
  nominateMissing(connection, comparison);
  const { nominatedUsers: users, nominatedGroups: groups } = comparison;
  const nominated = await readNominated(connection, directory, { users, groups }, signal);
  if (nominated.error !== null) await refuseHalfOfNewScope(connection, nominated.error);
  return { proof: page.value, nominated };
}

async function flush(connection: Connection, comparison: Comparison, stamp: ReadStamp): Promise<void> {
  const users = comparison.newUsers.splice(0);
  const groups = comparison.newGroups.splice(0);
  await connection.directoryStore.storeSnapshotRows(connection.owner.connection, users, groups, stamp);
}

/** An answer without anybody is more likely a lost right or a wrong base than a company that left. */
function refuseEmpty(connection: Connection, comparison: Comparison, proof: CompletenessProof): void {
  const active = [...comparison.users.values()].filter((user) => user.state === "active").length;
  if (!connection.options.users || proof.users > 0 || active === 0) return;
  throw new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    subject: connection.owner.connection,
    message: `the directory answered without a single user, ${String(active)} were active before`,
    remedy: "Check the rights of the sync account, rootPath, userPath and userFilter; nothing was taken away.",
    retry: "later",
  });
}

/**
 * The first reconciliation with a changed scope counts only when it is whole: whoever is read later would no longer
 * be held as a consequence of the change.
 */
async function refuseHalfOfNewScope(connection: Connection, error: BridgeError): Promise<void> {
  const { database, owner, scopeHash } = connection;
  const known = (await connectionRow(database.reader, owner.connection))?.scope_hash ?? null;
  if (known === null || known === scopeHash) return;
  throw new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    subject: owner.connection,
    message: `the scope was changed, and ${error.message}`,
    remedy: "Nothing to do: the bridge reads everything again; nothing was taken away.",
    retry: "later",
    cause: error,
  });
}

function report(connection: Connection, comparison: Comparison): void {
  connection.observer.progress(connection.owner.connection, "snapshot", {
    users: comparison.seenUsers.size,
    groups: comparison.seenGroups.size,
  });
}
