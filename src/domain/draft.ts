import type { Member, Group } from "./bitwarden.ts";
import type { LedgerGroup, LedgerUser, Live, Model, Subjects } from "./model.ts";
import type { Notice, NoticeCode, PlannedOperation } from "./operation.ts";
import type { SyncOptions } from "./options.ts";

export interface PlanInput {
  subjects: Subjects;
  model: Model;
  live: Live;
  options: SyncOptions;
  /** E-mail addresses, lower-cased, that are never revoked, removed or re-roled. */
  protected: Set<string>;
}

export interface Plan {
  operations: PlannedOperation[];
  notices: Notice[];
  /** Subjects whose state must be read directly by id before anything may be taken away. */
  nominations: { kind: "user" | "group"; key: string }[];
  /** Live objects that carry our external id and become managed without a write. */
  adoptedUsers: LedgerUser[];
  adoptedGroups: LedgerGroup[];
  /** Ledger entries of objects that are gone on both sides. */
  forgotten: { kind: "user" | "group"; key: string }[];
}

/**
 * enforced: memberships follow the directory. frozen: left as they are (disabled, revoked, unknown).
 * absent: not a member and not about to be one.
 */
export type Standing = "enforced" | "frozen" | "absent";

/** The plan while it is being made: what was decided for users and groups is needed for memberships. */
export interface Draft extends Plan {
  userStanding: Map<string, Standing>;
  /** Bitwarden id by user key, for members managed or adopted. */
  memberIdOf: Map<string, string>;
  groupIdOf: Map<string, string>;
  /** Groups whose memberships are decided: wanted (`follow`) or to be emptied. */
  groupMode: Map<string, "follow" | "empty">;
}

export function emptyDraft(): Draft {
  return {
    operations: [],
    notices: [],
    nominations: [],
    adoptedUsers: [],
    adoptedGroups: [],
    forgotten: [],
    userStanding: new Map(),
    memberIdOf: new Map(),
    groupIdOf: new Map(),
    groupMode: new Map(),
  };
}

/** Live objects by the attributes they are matched on. */
export interface LiveIndex {
  membersByExternalId: Map<string, Member[]>;
  membersByEmail: Map<string, Member[]>;
  groupsByExternalId: Map<string, Group[]>;
  groupsByName: Map<string, Group[]>;
  /** Who in the ledger holds a Bitwarden member, by its id. */
  ledgerUserOf: Map<string, LedgerUser>;
}

export function indexLive(live: Live, model: Model): LiveIndex {
  const index: LiveIndex = {
    membersByExternalId: new Map(),
    membersByEmail: new Map(),
    groupsByExternalId: new Map(),
    groupsByName: new Map(),
    ledgerUserOf: new Map([...model.ledgerUsers.values()].map((user) => [user.bwId, user])),
  };
  for (const member of live.members.values()) {
    if (member.externalId !== null) push(index.membersByExternalId, member.externalId, member);
    push(index.membersByEmail, member.email.toLowerCase(), member);
  }
  for (const group of live.groups.values()) {
    if (group.externalId !== null) push(index.groupsByExternalId, group.externalId, group);
    push(index.groupsByName, group.name, group);
  }
  return index;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

export function note(
  draft: Draft,
  kind: "user" | "group",
  record: { key: string },
  code: NoticeCode,
  label: string,
  text: string,
): void {
  draft.notices.push({ kind, key: record.key, code, label, text });
}
