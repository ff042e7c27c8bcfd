import { setTimeout } from "node:timers/promises";
import type { Directory } from "../../directories/directory.ts";
import type { CompletenessProof, DirectoryUser, GroupRead } from "../../domain/directory.ts";
import { BridgeError, toBridgeError } from "../../domain/errors.ts";
import type { GroupRecord, UserRecord } from "../../domain/model.ts";
import { mapLimit } from "../../lib/map-limit.ts";
import { loadGroups, loadUsers } from "../../store/directory-rows.ts";
import { loadEdges } from "../../store/edge-rows.ts";
import { managedKeys } from "../../store/ledger.ts";
import { connectionRow } from "../../store/state.ts";
import type { Connection } from "../connection.ts";
import { readGroup, readUser } from "./resolve.ts";

/** Rows are written in transactions of this many, so that hooks get their commits in between. */
const WRITE_BATCH = 1_000;

/** What was stored before, and what the snapshot makes of it. */
interface Comparison {
  users: Map<string, UserRecord>;
  groups: Map<string, GroupRecord>;
  userEdges: Map<string, string[]>;
  groupEdges: Map<string, string[]>;
  managedUsers: Set<string>;
  managedGroups: Set<string>;
  seenUsers: Set<string>;
  seenGroups: Set<string>;
  /** To be read directly by id: a snapshot never takes anything away by itself. */
  nominatedUsers: Set<string>;
  nominatedGroups: Set<string>;
  newUsers: DirectoryUser[];
  newGroups: GroupRead[];
}

export interface Reconciliation {
  proof: CompletenessProof;
  nominated: number;
}

/**
 * Reads the whole directory, stores what is new or active, and reads directly whatever is missing,
 * disabled, out of scope, or a lost membership. Throws when the snapshot is not provably complete;
 * then nothing is nominated.
 */
export async function readEverything(connection: Connection, signal: AbortSignal): Promise<Reconciliation> {
  const directory = await connection.directory();
  const comparison = await loadComparison(connection);
  const readNo = connection.directoryStore.nextReadNo();
  connection.observer.directoryRead(connection.owner.connection, "snapshot");
  const pages = directory.snapshot(signal);
  let page = await pages.next();
  while (page.done !== true) {
    if (page.value.kind === "users") for (const user of page.value.users) compareUser(user, comparison);
    else for (const group of page.value.groups) compareGroup(group, comparison);
    if (comparison.newUsers.length + comparison.newGroups.length >= WRITE_BATCH) {
      await flush(connection, comparison, readNo);
    }
    report(connection, comparison);
    page = await pages.next();
  }
  await flush(connection, comparison, readNo);
  refuseEmpty(connection, comparison, page.value);
  nominateMissing(connection, comparison);
  await refuseHalfOfNewScope(connection, await readNominated(connection, directory, comparison, signal));
  return { proof: page.value, nominated: comparison.nominatedUsers.size + comparison.nominatedGroups.size };
}

async function loadComparison(connection: Connection): Promise<Comparison> {
  const { database, owner } = connection;
  return {
    users: await loadUsers(database.reader, owner.connection),
    groups: await loadGroups(database.reader, owner.connection),
    userEdges: await loadEdges(database.reader, owner.connection, "user"),
    groupEdges: await loadEdges(database.reader, owner.connection, "group"),
    managedUsers: await managedKeys(database.reader, owner, "user"),
    managedGroups: await managedKeys(database.reader, owner, "group"),
    seenUsers: new Set(),
    seenGroups: new Set(),
    nominatedUsers: new Set(),
    nominatedGroups: new Set(),
    newUsers: [],
    newGroups: [],
  };
}

function compareUser(user: DirectoryUser, comparison: Comparison): void {
  comparison.seenUsers.add(user.key);
  const known = comparison.users.get(user.key);
  if (!known) {
    comparison.newUsers.push(user);
  } else if (user.state === "active") {
    const same = known.state === "active" && known.email === user.email && known.externalId === user.externalId;
    if (!same) comparison.newUsers.push(user);
  } else if (known.state !== user.state) {
    comparison.nominatedUsers.add(user.key);
  }
}

function compareGroup(read: GroupRead, comparison: Comparison): void {
  const { group } = read;
  comparison.seenGroups.add(group.key);
  const known = comparison.groups.get(group.key);
  if (!known) {
    comparison.newGroups.push(read);
    return;
  }
  if (group.state !== "active" && known.state !== group.state) {
    comparison.nominatedGroups.add(group.key);
    return;
  }
  const stored = {
    user: new Set(comparison.userEdges.get(group.key)),
    group: new Set(comparison.groupEdges.get(group.key)),
  };
  const added = read.members.filter((edge) => !stored[edge.kind].delete(edge.key));
  if (stored.user.size + stored.group.size > 0) comparison.nominatedGroups.add(group.key);
  const same = known.state === group.state && known.name === group.name && known.externalId === group.externalId;
  if (!same || added.length > 0) comparison.newGroups.push({ group, members: added });
}

async function flush(connection: Connection, comparison: Comparison, readNo: number): Promise<void> {
  const users = comparison.newUsers.splice(0).map((user) => ({ user, readNo }));
  const groups = comparison.newGroups.splice(0).map((read) => ({ read, readNo }));
  const overtaken = await connection.directoryStore.storeSnapshotRows(connection.owner.connection, users, groups);
  for (const group of overtaken) comparison.nominatedGroups.add(group);
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

function nominateMissing(connection: Connection, comparison: Comparison): void {
  const { users, groups, managedUsers, managedGroups, seenUsers, seenGroups } = comparison;
  if (connection.options.users) {
    for (const user of users.values()) {
      if (matters(user, managedUsers) && !seenUsers.has(user.key)) comparison.nominatedUsers.add(user.key);
    }
  }
  if (connection.options.groups) {
    for (const group of groups.values()) {
      if (matters(group, managedGroups) && !seenGroups.has(group.key)) comparison.nominatedGroups.add(group.key);
    }
  }
}

/** Who never took part may be missing unread; otherwise every reconciliation would read the whole rest of the company. */
function matters(record: { key: string; state: string }, managed: Set<string>): boolean {
  return record.state === "active" || (record.state !== "gone" && managed.has(record.key));
}

/** One decision must see all leavers of a reconciliation together, so they are read before it. */
async function readNominated(
  connection: Connection,
  directory: Directory,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<number> {
  const { connection: name } = connection.owner;
  const subjects = [
    ...[...comparison.nominatedUsers].map((key) => ({ kind: "user" as const, key })),
    ...[...comparison.nominatedGroups].map((key) => ({ kind: "group" as const, key })),
  ];
  if (comparison.nominatedGroups.size > 0 && directory.settleMs !== undefined) {
    await setTimeout(directory.settleMs, undefined, { signal });
  }
  let read = 0;
  let failed = 0;
  await mapLimit(subjects, directory.concurrency, async ({ kind, key }) => {
    const readOne = kind === "user" ? readUser : readGroup;
    try {
      const stored = await readOne(connection, directory, key, signal);
      if (!stored)
        await connection.hints.add(
          [{ subject: { connection: name, kind, key }, via: null, urgent: false }],
          Date.now(),
        );
    } catch (thrown) {
      signal.throwIfAborted();
      failed += 1;
      connection.observer.failure(`${name}/${kind}/${key}`, toBridgeError(thrown));
      await connection.hints.add([{ subject: { connection: name, kind, key }, via: null, urgent: false }], Date.now());
    }
    read += 1;
    connection.observer.progress(name, "direct reads", { read, of: subjects.length });
  });
  return failed;
}

/**
 * The first reconciliation with a changed scope counts only when it is whole: whoever is read later would no longer
 * be held as a consequence of the change.
 */
async function refuseHalfOfNewScope(connection: Connection, failed: number): Promise<void> {
  const { database, owner, scopeHash } = connection;
  const known = (await connectionRow(database.reader, owner.connection))?.scope_hash ?? null;
  if (failed === 0 || known === null || known === scopeHash) return;
  throw new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    subject: owner.connection,
    message: `the scope was changed, and ${String(failed)} direct reads failed`,
    remedy: "Nothing to do: the bridge reads everything again; nothing was taken away.",
    retry: "later",
  });
}

function report(connection: Connection, comparison: Comparison): void {
  connection.observer.progress(connection.owner.connection, "snapshot", {
    users: comparison.seenUsers.size,
    groups: comparison.seenGroups.size,
  });
}
