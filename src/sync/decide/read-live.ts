import type { Priority } from "../../bitwarden/bitwarden.ts";
import type { Live, Model } from "../../domain/model.ts";
import { isRevocation, type PlannedOperation } from "../../domain/operation.ts";
import { toBridgeError, type ErrorCode } from "../../domain/errors.ts";
import { mapLimit } from "../../lib/map-limit.ts";
import {
  findGroup,
  findGroupMemberIds,
  findMember,
  findMemberGroupIds,
  listGroups,
  listMembers,
} from "../live-lists.ts";
import type { Organization } from "../organization.ts";

/** From so many objects on, one list costs less than reads by id. */
const LIST_FROM = 6;
/** From so many people of one group on, the group's members are read instead of each person's groups. */
export const GROUP_AXIS_FROM = 5;
/** Reads under way at once; the pace of the host decides when they start. */
const PARALLEL = 8;

/** Bitwarden as the ledger last saw it: good enough to find out that nothing is to be done. */
export function assumedLive(model: Model): Live {
  const live: Live = {
    members: new Map(),
    groups: new Map(),
    memberIds: new Map(),
    groupIds: new Map(),
    unreadable: new Set(),
  };
  for (const { bwId, email, externalId, status, type } of model.ledgerUsers.values()) {
    live.members.set(bwId, { id: bwId, email, externalId, status, type });
  }
  for (const { bwId, name, externalId } of model.ledgerGroups.values()) {
    live.groups.set(bwId, { id: bwId, name, externalId });
  }
  return live;
}

/**
 * Reads what operations are about, as cheaply as the number of objects allows, over the assumed state. `lists`: whole
 * lists, whatever it costs.
 */
export async function readInvolved(
  organization: Organization,
  model: Model,
  operations: PlannedOperation[],
  lists = false,
): Promise<Live> {
  const live = assumedLive(model);
  const priority = operations.some((op) => isRevocation(op.type)) ? "revocation" : "normal";
  const users = new Set(operations.filter((op) => op.kind === "user").map((op) => op.key));
  const groups = new Set(
    operations.map((op) => (op.kind === "group" ? op.key : op.object)).filter((key) => key !== ""),
  );
  const memberIds = [...users].map((key) => model.ledgerUsers.get(key)?.bwId);
  if (lists || memberIds.includes(undefined) || memberIds.length >= LIST_FROM) {
    live.members = byId(await listMembers(organization, priority));
  } else {
    await mapLimit(memberIds, PARALLEL, async (id) => {
      if (id !== undefined) overlay(live.members, id, await findMember(organization, id, priority));
    });
    // Whoever is gone may have been invited again by hand: only the list shows that.
    const isGone = memberIds.some((id) => id !== undefined && !live.members.has(id));
    if (isGone) live.members = byId(await listMembers(organization, priority));
  }
  const groupIds = [...groups].map((key) => model.ledgerGroups.get(key)?.bwId);
  if (lists || groupIds.includes(undefined) || groupIds.length >= LIST_FROM) {
    live.groups = byId(await listGroups(organization, priority));
  } else {
    await mapLimit(groupIds, PARALLEL, async (id) => {
      if (id !== undefined) overlay(live.groups, id, await findGroup(organization, id, priority));
    });
  }
  await readMemberships(organization, model, operations, live, priority);
  return live;
}

/** Reads memberships along the cheaper axis: the group for many people, the person for few. */
async function readMemberships(
  organization: Organization,
  model: Model,
  operations: PlannedOperation[],
  live: Live,
  priority: Priority,
): Promise<void> {
  const pairs = operations.filter((op) => op.object !== "");
  const groups: string[] = [];
  const users = new Set<string>();
  for (const [group, ops] of Map.groupBy(pairs, (op) => op.object)) {
    const id = model.ledgerGroups.get(group)?.bwId;
    if (id === undefined) continue;
    if (ops.length >= GROUP_AXIS_FROM) groups.push(id);
    else for (const op of ops) users.add(model.ledgerUsers.get(op.key)?.bwId ?? "");
  }
  users.delete("");
  await readGroupMembers(organization, groups, live, priority);
  await mapLimit([...users], PARALLEL, async (id) => {
    const ids = await findMemberGroupIds(organization, id, priority);
    if (ids) live.groupIds.set(id, new Set(ids));
  });
}

/**
 * Member ids of groups (Bitwarden ids) into `live`; a group that is gone leaves no entry. One that Bitwarden cannot list
 * leaves none either, so that it keeps nobody else waiting: it is told, and its turn comes again at the next
 * reconciliation, before those that were verified.
 */
export async function readGroupMembers(
  organization: Organization,
  groups: string[],
  live: Live,
  priority: Priority,
): Promise<void> {
  await mapLimit(groups, PARALLEL, async (id) => {
    try {
      const ids = await findGroupMemberIds(organization, id, priority);
      if (ids) live.memberIds.set(id, new Set(ids));
    } catch (thrown) {
      const error = toBridgeError(thrown);
      if (!ONE_GROUP.has(error.code)) throw error;
      organization.observer.failure(`${organization.name}: members of ${live.groups.get(id)?.name ?? id}`, error);
      live.unreadable.add(id);
    }
  });
}

/** Failures that another group need not meet. */
const ONE_GROUP = new Set<ErrorCode>(["BITWARDEN_UNREACHABLE", "BITWARDEN_REFUSED", "BITWARDEN_INCOMPLETE"]);

/** Both lists, whole: the start of every reconciliation. */
export async function readLists(organization: Organization): Promise<Live> {
  const [members, groups] = await Promise.all([
    listMembers(organization, "normal"),
    listGroups(organization, "normal"),
  ]);
  return {
    members: byId(members),
    groups: byId(groups),
    memberIds: new Map(),
    groupIds: new Map(),
    unreadable: new Set(),
  };
}

function byId<T extends { id: string }>(items: T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function overlay<T>(map: Map<string, T>, id: string, value: T | null): void {
  if (value === null) map.delete(id);
  else map.set(id, value);
}
