import type { DirectoryUser, GroupRead } from "../../domain/directory.ts";
import type { GroupRecord, UserRecord } from "../../domain/model.ts";
import { loadGroups, loadUsers } from "../../store/directory/directory-rows.ts";
import { loadEdges } from "../../store/directory/edge-rows.ts";
import { managedKeys } from "../../store/ledger/managed.ts";
import type { Connection } from "../connection.ts";

/** What was stored before, and what a snapshot makes of it. */
export interface Comparison {
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

/** Loaded after the snapshot has begun: what is stored since then by direct reads is younger than the snapshot. */
export async function loadComparison(connection: Connection): Promise<Comparison> {
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

export function compareUser(user: DirectoryUser, comparison: Comparison): void {
  comparison.seenUsers.add(user.key);
  const known = comparison.users.get(user.key);
  if (!known) {
    comparison.newUsers.push(user);
  } else if (user.state === "active") {
    const same =
      known.state === "active" &&
      known.email === user.email &&
      known.externalId === user.externalId &&
      known.link === (user.link ?? null);
    if (!same) comparison.newUsers.push(user);
  } else if (known.state !== user.state) {
    comparison.nominatedUsers.add(user.key);
  }
}

export function compareGroup(read: GroupRead, comparison: Comparison): void {
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

/** Somebody whose record cannot be understood: the read by id fails in the same way, and `status` names them. */
export function nominateUnreadable(kind: "user" | "group", keys: string[], comparison: Comparison): void {
  const [seen, nominated] =
    kind === "user"
      ? [comparison.seenUsers, comparison.nominatedUsers]
      : [comparison.seenGroups, comparison.nominatedGroups];
  for (const key of keys) {
    seen.add(key);
    nominated.add(key);
  }
}

/** Whoever took part and was not seen at all. */
export function nominateMissing(connection: Connection, comparison: Comparison): void {
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
