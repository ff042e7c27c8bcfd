import { REVOKED, type Group, type Member } from "../bitwarden.ts";
import type { LedgerGroup, LedgerUser } from "../model.ts";
import type { PlannedOperation } from "../operation.ts";

/** What was read to find out whether an operation has happened. */
export interface Seen {
  /** All members, and all groups. */
  members: Member[];
  groups: Group[];
  /** Member ids by group id, of the groups that matter. */
  memberIds: Map<string, Set<string>>;
  ledgerUsers: Map<string, LedgerUser>;
  ledgerGroups: Map<string, LedgerGroup>;
}

/** Whether Bitwarden looks as if the operation had been carried out. Not known to the ledger: nothing can be seen. */
export function hasHappened(operation: PlannedOperation, seen: Seen): boolean {
  const { type, key, object, data } = operation;
  const user = seen.ledgerUsers.get(key);
  const group = seen.ledgerGroups.get(operation.kind === "group" ? key : object);
  const member = user && seen.members.find(({ id }) => id === user.bwId);
  const live = group && seen.groups.find(({ id }) => id === group.bwId);
  switch (type) {
    case "member.invite":
    case "member.link":
      return seen.members.some(({ externalId }) => externalId !== null && externalId === data.externalId);
    case "member.revoke":
      return user !== undefined && (member === undefined || member.status === REVOKED);
    case "member.restore":
      return member !== undefined && member.status !== REVOKED;
    case "member.remove":
      return user !== undefined && member === undefined;
    case "membership.add":
      return isIn(user, group, seen) === true;
    case "membership.remove":
      return isIn(user, group, seen) === false;
    case "group.create":
      return seen.groups.some(({ externalId }) => externalId !== null && externalId === data.externalId);
    case "group.rename":
    case "group.link":
      return live !== undefined && live.externalId === group?.externalId && live.name === (data.name ?? group.name);
    case "group.delete":
      return group !== undefined && live === undefined;
  }
}

/** Null: one of the two is not managed. A group that is gone has no members. */
function isIn(user: LedgerUser | undefined, group: LedgerGroup | undefined, seen: Seen): boolean | null {
  if (!user || !group) return null;
  return seen.memberIds.get(group.bwId)?.has(user.bwId) ?? false;
}
