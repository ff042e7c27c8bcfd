/** A full read of one Okta connection. */
import type { CompletenessProof, GroupRead, SnapshotPage } from "../../domain/directory.ts";
import type { Ask } from "./calls.ts";
import { orNull } from "./errors.ts";
import { judgeGroup, judgeUser, type OktaScope } from "./judge.ts";
import type { OktaReader } from "./reader.ts";
import { isDeprovisioned, type OktaGroup } from "./records.ts";

/**
 * Reads groups with their members first, then users: Directory Connector's group rule needs to know who is in a kept
 * group. Every list is followed to its last link, or this throws.
 */
export async function* snapshot(
  reader: OktaReader,
  scope: OktaScope,
  wanted: { users: boolean; groups: boolean },
  ask: Ask,
): AsyncGenerator<SnapshotPage, CompletenessProof, undefined> {
  const count = { users: 0, groups: 0, pages: 0 };
  const keptMembers = new Set<string>();
  const onPage = (): void => {
    count.pages += 1;
  };
  if (wanted.groups) {
    for await (const page of reader.groups(scope.groups.query, ask)) {
      onPage();
      const groups = await readMembers(reader, scope, page.items, ask, onPage);
      count.groups += groups.length;
      if (scope.groupRule) for (const { members } of groups) for (const { key } of members) keptMembers.add(key);
      yield { kind: "groups", groups };
      if (page.unreadable.length > 0) yield { kind: "unreadable", of: "group", keys: page.unreadable };
    }
  }
  if (wanted.users) {
    for await (const page of reader.users(scope.users.query, ask)) {
      onPage();
      const users = page.items
        .filter((user) => !isDeprovisioned(user))
        .map((user) => judgeUser(user, scope, { matchesQuery: true, inKeptGroup: keptMembers.has(user.id) }));
      count.users += users.length;
      yield { kind: "users", users };
      if (page.unreadable.length > 0) yield { kind: "unreadable", of: "user", keys: page.unreadable };
    }
  }
  const evidence = `${count.pages} pages followed to the last link`;
  return { complete: true, users: count.users, groups: count.groups, evidence };
}

/** The groups of one page with their members, read side by side (the connection bounds how many at once). */
async function readMembers(
  reader: OktaReader,
  scope: OktaScope,
  records: OktaGroup[],
  ask: Ask,
  onPage: () => void,
): Promise<GroupRead[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([ask.signal, failed.signal]);
  async function read(record: OktaGroup): Promise<GroupRead | null> {
    const group = judgeGroup(record, scope, true);
    if (group.state === "out") return { group, members: [] };
    const members: GroupRead["members"] = [];
    for await (const page of reader.membersOf(record.id, { ...ask, signal })) {
      onPage();
      for (const user of page.items) if (!isDeprovisioned(user)) members.push({ kind: "user", key: user.id });
      for (const key of page.unreadable) members.push({ kind: "user", key });
    }
    return { group, members };
  }
  try {
    // A group deleted since the list was read is left out: missing, so a direct read will say gone.
    const groups = await Promise.all(records.map((record) => orNull(read(record))));
    return groups.filter((group) => group !== null);
  } finally {
    // After one failure the rest of the page is not worth its share of the rate limit.
    failed.abort(new Error("another group of the same page could not be read"));
  }
}
