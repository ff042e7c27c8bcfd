import type { GroupRead, ReadResult, UserRead } from "../../domain/directory.ts";
import type { Filter } from "ldapts";
import type { LdapEntry } from "./wire/decode.ts";
import { canonicalDn, isUnder } from "./wire/dn.ts";
import { clauseOf, groupAttributes, groupOf, keyOf, userAttributes, userOf } from "./entries.ts";
import { incomplete } from "./wire/errors.ts";
import { and, caseIgnored, equals, or, parseFilter } from "./wire/filter.ts";
import type { Scope } from "./layout.ts";
import { MemberIndex, membersOf, type Members } from "./members.ts";
import type { Session } from "./wire/session.ts";
import { groupsOfTree } from "./snapshot.ts";

const ANYTHING = parseFilter("(objectClass=*)");
/** From here on reading all users (0.3 s per 50,000) is cheaper than asking for each member. */
const SWEEP_FROM_MEMBERS = 500;
const MEMBERS_AT_ONCE = 25;

/** The state of one user now, and the groups that contain it directly; see `Directory.readUser`. */
export async function readUser(session: Session, key: string, signal: AbortSignal): Promise<ReadResult<UserRead>> {
  const found = await find(session, session.layout.users, key, userAttributes(session), signal);
  if (found === null) return gone(session, key, signal);
  const { entry, outClause } = found;
  const groups = await groupsOf(session, entry, signal);
  const after = await locate(session, key, [session.keyAttribute], signal);
  // The groups were asked for a DN: with another DN by now, the answer would be about nobody.
  if (after === null || canonicalDn(after.dn) !== canonicalDn(entry.dn)) {
    throw incomplete(`${entry.dn} was renamed or deleted while it was read`, "The bridge reads it again.");
  }
  return { found: true, value: { user: { ...userOf(session, entry, outClause), key }, groups } };
}

/** The state of one group now, with all its direct members; see `Directory.readGroup`. */
export async function readGroup(session: Session, key: string, signal: AbortSignal): Promise<ReadResult<GroupRead>> {
  const found = await find(session, session.layout.groups, key, groupAttributes(session), signal);
  if (found === null) return gone(session, key, signal);
  const index = new MemberIndex();
  const members = await membersOf(session, index, found.entry, signal);
  const names = members.openDns.size + members.openUids.size;
  if (names >= SWEEP_FROM_MEMBERS) await resolveBySweep(session, index, members, signal);
  else if (names > 0) await resolveByName(session, index, members, signal);
  const group = { ...groupOf(session, found.entry, found.outClause), key };
  return { found: true, value: { group, members: [...members.edges] } };
}

/** Finds the entry anywhere, then asks whether it is in scope: the later answer decides. */
async function find(
  session: Session,
  scope: Scope,
  key: string,
  attributes: string[],
  signal: AbortSignal,
): Promise<{ entry: LdapEntry; outClause: string | undefined } | null> {
  const anywhere = await locate(session, key, attributes, signal);
  if (anywhere === null) return null;
  const inScope = await locateIn(session, scope, key, attributes, signal);
  return inScope === null
    ? { entry: anywhere, outClause: clauseOf(scope, anywhere.dn) }
    : { entry: inScope, outClause: undefined };
}

async function locate(
  session: Session,
  key: string,
  attributes: string[],
  signal: AbortSignal,
): Promise<LdapEntry | null> {
  if (byGuid(session)) return session.entry(guidDn(key), ANYTHING, attributes, signal);
  for (const root of session.layout.searchRoots) {
    const [entry] = await session.all(root, keyFilter(session, key), attributes, signal);
    if (entry !== undefined) return entry;
  }
  return null;
}

async function locateIn(
  session: Session,
  scope: Scope,
  key: string,
  attributes: string[],
  signal: AbortSignal,
): Promise<LdapEntry | null> {
  if (byGuid(session)) {
    const entry = await session.entry(guidDn(key), scope.filter, attributes, signal);
    return entry !== null && isUnder(canonicalDn(entry.dn), scope.canonicalBase) ? entry : null;
  }
  const [entry] = await session.all(scope.base, and(keyFilter(session, key), scope.filter), attributes, signal);
  return entry ?? null;
}

/** Absence counts only after this very connection has shown again that it sees the tree. */
async function gone(session: Session, key: string, signal: AbortSignal): Promise<{ found: false; evidence: string }> {
  await session.prove(signal);
  const { searchRoots, bases } = session.layout;
  const below = searchRoots.join(" and ");
  return {
    found: false,
    evidence: `no entry has ${session.keyAttribute} ${key} below ${below}; the same bound connection reads ${bases.join(", ")}`,
  };
}

function byGuid(session: Session): boolean {
  return session.layout.externalId === "objectGUID";
}

/** AD resolves this address wherever the object has moved (MS-ADTS 3.1.1.3.1.2.4). */
function guidDn(key: string): string {
  return `<GUID=${key}>`;
}

function keyFilter(session: Session, key: string): Filter {
  // All of them: which one is used was decided by the base entry, and that may change in the life of a server.
  return or(...session.layout.keyAttributes.map((attribute) => equals(attribute, key)));
}

/** The groups of the whole tree that name the user directly; whether they are in scope is not asked here. */
async function groupsOf(session: Session, user: LdapEntry, signal: AbortSignal): Promise<string[]> {
  const { memberAttribute: attribute, membersAreDns, groups, searchRoots } = session.layout;
  const uids = membersAreDns ? [] : (user.attributes.get("uid") ?? []);
  const names = [
    equals(attribute, user.dn),
    ...uids.flatMap((uid) => [equals(attribute, uid), caseIgnored(attribute, uid)]),
  ];
  const keys = new Set<string>();
  for (const root of searchRoots) {
    const filter = and(groups.ofClass, or(...names));
    for (const entry of await session.all(root, filter, [session.keyAttribute], signal))
      keys.add(keyOf(session, entry));
  }
  return [...keys];
}

async function resolveBySweep(
  session: Session,
  index: MemberIndex,
  members: Members,
  signal: AbortSignal,
): Promise<void> {
  const { users } = session.layout;
  await session.visit(users.base, users.filter, [session.keyAttribute, "uid"], signal, (entry) => {
    index.addUser(entry, keyOf(session, entry));
  });
  index.resolve(members);
  if (members.openDns.size === 0) return;
  for (const entry of (await groupsOfTree(session, signal)).values()) index.addGroup(entry, keyOf(session, entry));
  index.resolve(members);
}

async function resolveByName(
  session: Session,
  index: MemberIndex,
  members: Members,
  signal: AbortSignal,
): Promise<void> {
  const { users } = session.layout;
  const dns = [...members.openDns.values()];
  for (let at = 0; at < dns.length; at += MEMBERS_AT_ONCE) {
    const slice = dns.slice(at, at + MEMBERS_AT_ONCE);
    await Promise.all(slice.map((dn) => addByDn(session, index, dn, signal)));
  }
  const uids = [...members.openUids];
  for (let at = 0; at < uids.length; at += MEMBERS_AT_ONCE) {
    const named = or(...uids.slice(at, at + MEMBERS_AT_ONCE).map((uid) => equals("uid", uid)));
    const filter = and(users.filter, named);
    for (const entry of await session.all(users.base, filter, [session.keyAttribute, "uid"], signal)) {
      index.addUser(entry, keyOf(session, entry));
    }
  }
  index.resolve(members);
}

async function addByDn(session: Session, index: MemberIndex, dn: string, signal: AbortSignal): Promise<void> {
  const { users, groups, searchRoots } = session.layout;
  const canonical = canonicalDn(dn);
  const read = (filter: Filter): Promise<LdapEntry | null> => session.entry(dn, filter, [session.keyAttribute], signal);
  const user = isUnder(canonical, users.canonicalBase) ? await read(users.filter) : null;
  if (user !== null) {
    index.addUser(user, keyOf(session, user));
    return;
  }
  if (!searchRoots.some((root) => isUnder(canonical, canonicalDn(root)))) return;
  const group = await read(groups.ofClass);
  if (group !== null) index.addGroup(group, keyOf(session, group));
}
