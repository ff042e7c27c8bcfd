import type { Bitwarden, Priority } from "../bitwarden/bitwarden.ts";
import { doubtGroups, doubtMembers, type Doubt } from "../domain/live/believable.ts";
import type { Group, Member } from "../domain/bitwarden.ts";
import { BridgeError } from "../domain/errors.ts";
import type { Database } from "../store/database.ts";
import { managedIds, managedMembersOf } from "../store/ledger/ledger.ts";

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

/** The groups of a member; null only when the list of all members agrees that the member is gone. */
export async function findMemberGroupIds(context: Asking, id: string, priority: Priority): Promise<string[] | null> {
  const ids = await context.bitwarden.getMemberGroupIds(id, priority);
  if (ids === null && (await findMember(context, id, priority)) !== null) throw contradiction("member");
  return ids;
}

/**
 * The members of a group; null only when the list of all groups agrees that the group is gone. What is written back is
 * built on this list, so one that lacks whom the ledger knows there is read once more, and must say the same again.
 * @throws BridgeError `BITWARDEN_INCOMPLETE` when two reads differ
 */
export async function findGroupMemberIds(context: Asking, id: string, priority: Priority): Promise<string[] | null> {
  const ids = await context.bitwarden.getGroupMemberIds(id, priority);
  if (ids === null) {
    if ((await findGroup(context, id, priority)) !== null) throw contradiction("group");
    return null;
  }
  const shown = new Set(ids);
  const missing = (await managedMembersOf(context.database.reader, context.name, id)).filter((one) => !shown.has(one));
  if (missing.length === 0) return ids;
  const again = new Set(await context.bitwarden.getGroupMemberIds(id, priority));
  if (again.size === shown.size && ids.every((one) => again.has(one))) return ids;
  throw incomplete(`two reads of the members of one group differ: ${String(shown.size)} and ${String(again.size)}`);
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
