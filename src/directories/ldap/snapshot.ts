import type { CompletenessProof, DirectoryGroup, GroupRead, SnapshotPage } from "../../domain/directory.ts";
import type { LdapEntry } from "./wire/decode.ts";
import { canonicalDn } from "./wire/dn.ts";
import { clauseOf, groupAttributes, groupOf, keyOf, userAttributes, userOf } from "./entries.ts";
import { incomplete } from "./wire/errors.ts";
import { MemberIndex, membersOf, type Members } from "./members.ts";
import type { Session } from "./wire/session.ts";

const PAGE_GROUPS = 500;

interface OpenGroup {
  group: DirectoryGroup;
  members: Members;
}

/** Reads everything in scope over one connection; see `Directory.snapshot`. */
export async function* readSnapshot(
  session: Session,
  wanted: { users: boolean; groups: boolean },
  signal: AbortSignal,
): AsyncGenerator<SnapshotPage, CompletenessProof, undefined> {
  const { users: scope } = session.layout;
  const index = new MemberIndex();
  let users = 0;
  for await (const entries of session.stream(scope.base, scope.filter, userAttributes(session), signal)) {
    const page = entries.map((entry) => userOf(session, entry));
    for (const entry of entries) index.addUser(entry, keyOf(session, entry));
    users += page.length;
    if (wanted.users) yield { kind: "users", users: page };
  }
  // More often a lost permission or a mistyped filter than a company without people.
  if (users === 0) {
    throw incomplete(
      `not one user below ${scope.base} has ${scope.description}`,
      "Check userPath, userObjectClass and userFilter, and what the sync account may read.",
      "never",
    );
  }
  let groups = 0;
  if (wanted.groups) {
    const read = await readGroups(session, index, signal);
    groups = read.length;
    for (let at = 0; at < read.length; at += PAGE_GROUPS) {
      yield { kind: "groups", groups: read.slice(at, at + PAGE_GROUPS).map(closed) };
    }
  }
  await session.prove(signal);
  const pages = String(session.pagesRead);
  return {
    complete: true,
    users: wanted.users ? users : 0,
    groups,
    evidence: `${pages} pages read to the last cookie over one bound connection, search bases readable before and after`,
  };
}

async function readGroups(session: Session, index: MemberIndex, signal: AbortSignal): Promise<OpenGroup[]> {
  const { groups: scope } = session.layout;
  const entries: LdapEntry[] = [];
  const groups: OpenGroup[] = [];
  for await (const page of session.stream(scope.base, scope.filter, groupAttributes(session), signal)) {
    for (const entry of page) {
      index.addGroup(entry, keyOf(session, entry));
      if (isCut(entry)) entries.push(entry);
      else groups.push(await openGroup(session, index, entry, undefined, signal));
    }
  }
  for (const entry of entries) groups.push(await openGroup(session, index, entry, undefined, signal));
  await addNestedFromOutside(session, index, groups, signal);
  return groups;
}

/**
 * Groups out of scope that groups in scope contain: members reach the scope through them. One sweep
 * finds who they are; only those that are really nested are read with their members.
 */
async function addNestedFromOutside(
  session: Session,
  index: MemberIndex,
  groups: OpenGroup[],
  signal: AbortSignal,
): Promise<void> {
  let outside: Map<string, LdapEntry> | null = null;
  let fresh = groups;
  while (fresh.length > 0) {
    const unknown = new Set<string>();
    for (const group of groups) {
      index.resolve(group.members);
      for (const dn of group.members.openDns.keys()) unknown.add(dn);
    }
    if (unknown.size === 0) return;
    outside ??= await groupsOfTree(session, signal);
    fresh = [];
    for (const dn of unknown) {
      const group = outside.get(dn);
      if (group === undefined) continue;
      const { groups: scope } = session.layout;
      const entry = await session.entry(group.dn, scope.ofClass, groupAttributes(session), signal);
      if (entry === null) continue;
      index.addGroup(entry, keyOf(session, entry));
      fresh.push(await openGroup(session, index, entry, clauseOf(scope, entry.dn), signal));
    }
    groups.push(...fresh);
  }
}

/** Every group of the tree, in and out of scope, by canonical DN, with nothing but its key. */
export async function groupsOfTree(session: Session, signal: AbortSignal): Promise<Map<string, LdapEntry>> {
  const { searchRoots, groups } = session.layout;
  const found = new Map<string, LdapEntry>();
  for (const root of searchRoots) {
    for (const entry of await session.all(root, groups.ofClass, [session.keyAttribute], signal)) {
      found.set(canonicalDn(entry.dn), entry);
    }
  }
  return found;
}

async function openGroup(
  session: Session,
  index: MemberIndex,
  entry: LdapEntry,
  outClause: string | undefined,
  signal: AbortSignal,
): Promise<OpenGroup> {
  return { group: groupOf(session, entry, outClause), members: await membersOf(session, index, entry, signal) };
}

/** AD sent only the first slice of the members; the others are read after the stream. */
function isCut(entry: LdapEntry): boolean {
  return [...entry.attributes.keys()].some((name) => name.includes(";range="));
}

function closed({ group, members }: OpenGroup): GroupRead {
  return { group, members: [...members.edges] };
}
