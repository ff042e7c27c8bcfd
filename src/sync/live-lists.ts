import type { Bitwarden, Priority } from "../bitwarden/bitwarden.ts";
import { doubtGroups, doubtMembers, type Doubt } from "../domain/live/believable.ts";
import type { Group, Member } from "../domain/bitwarden.ts";
import { BridgeError } from "../domain/errors.ts";
import type { Database } from "../store/database.ts";
import { managedIds, managedPairs } from "../store/ledger/managed.ts";

/** What these reads need of a context. */
export interface Asking {
  /** Of the organization. */
  name: string;
  bitwarden: Bitwarden;
  database: Database;
}

/** So many of the missing are asked for one by one before a list that lacks many is believed. */
const ASKED = 5;

/**
 * All members. One wrong answer proves nothing, and nobody may keep access because of one.
 * @throws BridgeError `BITWARDEN_INCOMPLETE` when the list has no confirmed owner, or lacks many whom the ledger knows
 * and Bitwarden still shows when asked for one of them
 */
export async function listMembers(context: Asking, priority: Priority): Promise<Member[]> {
  const members = await context.bitwarden.listMembers(priority);
  const doubt = doubtMembers(members, await managedIds(context.database.reader, context.name, "user"));
  await dispel(doubt, (id) => context.bitwarden.getMember(id, priority), members[0]?.id);
  return members;
}

/** All groups; same doubts, as far as groups allow them. */
export async function listGroups(context: Asking, priority: Priority): Promise<Group[]> {
  const groups = await context.bitwarden.listGroups(priority);
  const doubt = doubtGroups(groups, await managedIds(context.database.reader, context.name, "group"));
  await dispel(doubt, (id) => context.bitwarden.getGroup(id, priority), groups[0]?.id);
  return groups;
}

/** One member; null only when the list of all members agrees with the 404. */
export async function findMember(context: Asking, id: string, priority: Priority): Promise<Member | null> {
  const member = await context.bitwarden.getMember(id, priority);
  return member ?? (await listMembers(context, priority)).find((other) => other.id === id) ?? null;
}

/** One group; null only when the list of all groups agrees with the 404. */
export async function findGroup(context: Asking, id: string, priority: Priority): Promise<Group | null> {
  const group = await context.bitwarden.getGroup(id, priority);
  return group ?? (await listGroups(context, priority)).find((other) => other.id === id) ?? null;
}

/**
 * The groups of a member; null only when the list of all members agrees that the member is gone.
 * @param expected groups that must be in it; by default those that the ledger knows
 */
export async function findMemberGroupIds(
  context: Asking,
  id: string,
  priority: Priority,
  expected?: Iterable<string>,
): Promise<string[] | null> {
  const { database, name, bitwarden } = context;
  const known = expected ?? (await managedPairs(database.reader, name, "user", id));
  const ids = await believed(known, () => bitwarden.getMemberGroupIds(id, priority));
  if (ids === null && (await findMember(context, id, priority)) !== null) throw contradiction("member");
  return ids;
}

/**
 * The members of a group; null only when the list of all groups agrees that the group is gone.
 * @param expected members who must be in it; by default those whom the ledger knows
 */
export async function findGroupMemberIds(
  context: Asking,
  id: string,
  priority: Priority,
  expected?: Iterable<string>,
): Promise<string[] | null> {
  const { database, name, bitwarden } = context;
  const known = expected ?? (await managedPairs(database.reader, name, "group", id));
  const ids = await believed(known, () => bitwarden.getGroupMemberIds(id, priority));
  if (ids === null && (await findGroup(context, id, priority)) !== null) throw contradiction("group");
  return ids;
}

/**
 * What is written next replaces the whole list, so one that lacks somebody is asked for once more. The second answer
 * counts, unless it lacks what the first one showed: then one of the two is wrong.
 */
async function believed(expected: Iterable<string>, ask: () => Promise<string[] | null>): Promise<string[] | null> {
  const ids = await ask();
  if (ids === null || new Set(expected).isSubsetOf(new Set(ids))) return ids;
  const again = await ask();
  if (again === null || new Set(ids).isSubsetOf(new Set(again))) return again;
  throw incomplete(`two reads of one list differ: ${String(ids.length)} entries, then ${String(again.length)}`);
}

/**
 * An administrator may have deleted many by hand. Then each of them is gone when asked for by id as well, while one
 * that the list shows is there; a truncated list is found out by the first that still exists.
 */
async function dispel(
  doubt: Doubt | null,
  find: (id: string) => Promise<unknown>,
  shown: string | undefined,
): Promise<void> {
  if (doubt === null) return;
  if (!doubt.canBeAsked || shown === undefined || (await find(shown)) === null) throw incomplete(doubt.why);
  const step = Math.max(1, Math.floor(doubt.missing.length / ASKED));
  for (const id of doubt.missing.filter((_, at) => at % step === 0)) {
    if ((await find(id)) !== null) throw incomplete(doubt.why);
  }
}

function incomplete(why: string): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_INCOMPLETE",
    side: "bitwarden",
    message: `an answer of Bitwarden is not believed: ${why}`,
    remedy:
      "Look whether `clientId` and the server's address belong to the right organization, whether something between the bridge and Bitwarden changes answers, and whether the organization still has its members and a confirmed owner; the bridge asks again.",
    retry: "later",
  });
}

function contradiction(what: string): BridgeError {
  return incomplete(`it answered 404 for a ${what} that its own list shows`);
}
