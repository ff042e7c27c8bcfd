import type { Group, Member } from "../bitwarden.ts";
import type { LedgerGroup, LedgerUser, Live, Model, Subjects } from "../model.ts";
import type { Notice, NoticeCode } from "../notices.ts";
import type { PlannedOperation } from "../operation.ts";
import { PRESENCE, type Sources } from "../people/person.ts";
import type { Subject } from "../subject.ts";

export interface PlanInput {
  subjects: Subjects;
  model: Model;
  live: Live;
  /** The connections that feed the organization, by name, in the order of the configuration. */
  sources: Sources;
  /** E-mail addresses, lower-cased, that are never revoked, removed or re-roled. */
  protected: Set<string>;
}

export interface Plan {
  operations: PlannedOperation[];
  notices: Notice[];
  /** Subjects whose state must be read directly by id before anything may be taken away. */
  nominations: Subject[];
  /** Live objects that carry our external id and become managed without a write. */
  adoptedUsers: LedgerUser[];
  adoptedGroups: LedgerGroup[];
  /** Claims that turned out to speak of somebody who is known already: qualified key of the claim → key of the person. */
  joins: Map<string, string>;
  /** Ledger entries of objects that are gone on both sides. */
  forgotten: { kind: "user" | "group"; key: string }[];
}

/**
 * enforced: memberships follow the directory. frozen: left as they are (disabled, revoked, unknown).
 * absent: not a member and not about to be one.
 */
export type Standing = "enforced" | "frozen" | "absent";

/** The plan while it is being made: what was decided for people and groups is needed for memberships. */
export interface Draft extends Plan {
  userStanding: Map<string, Standing>;
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
    joins: new Map(),
    forgotten: [],
    userStanding: new Map(),
    groupIdOf: new Map(),
    groupMode: new Map(),
  };
}

/** Everything by the attributes it is matched on. */
export interface LiveIndex {
  membersByExternalId: Map<string, Member[]>;
  /** By lower-cased address. */
  membersByEmail: Map<string, Member[]>;
  groupsByExternalId: Map<string, Group[]>;
  groupsByName: Map<string, Group[]>;
  /** Who in the ledger holds a Bitwarden member or group, by its id. */
  ledgerUserOf: Map<string, LedgerUser>;
  ledgerGroupOf: Map<string, LedgerGroup>;
  /** Who is active in a directory under an address: keys of people. */
  peopleByEmail: Map<string, Set<string>>;
  /** Whose external id it is: of all who have it, the most present in their directory. */
  peopleByExternalId: Map<string, Set<string>>;
  /** Groups that take part, by external id: keys. */
  groupsOfDirectories: Map<string, Set<string>>;
}

export function indexLive({ live, model, sources }: PlanInput): LiveIndex {
  const index: LiveIndex = {
    membersByExternalId: new Map(),
    membersByEmail: new Map(),
    groupsByExternalId: new Map(),
    groupsByName: new Map(),
    ledgerUserOf: new Map([...model.ledgerUsers.values()].map((user) => [user.bwId, user])),
    ledgerGroupOf: new Map([...model.ledgerGroups.values()].map((group) => [group.bwId, group])),
    peopleByEmail: new Map(),
    peopleByExternalId: new Map(),
    groupsOfDirectories: new Map(),
  };
  const claims = [...model.people.values()].flatMap(({ key, claims }) => claims.map(({ record }) => ({ key, record })));
  for (const [externalId, same] of Map.groupBy(claims, ({ record }) => record.externalId)) {
    const most = Math.max(...same.map(({ record }) => PRESENCE[record.state]));
    const owners = same.filter(({ record }) => PRESENCE[record.state] === most);
    index.peopleByExternalId.set(externalId, new Set(owners.map(({ key }) => key)));
  }
  for (const { key, record } of claims) {
    if (record.state === "active" && record.email !== null) addTo(index.peopleByEmail, record.email, key);
  }
  for (const { key, source, record } of model.groups.values()) {
    const takesPart = record.state === "active" && sources.get(source)?.options.groups === true;
    if (takesPart) addTo(index.groupsOfDirectories, record.externalId, key);
  }
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

function addTo(map: Map<string, Set<string>>, value: string, key: string): void {
  const known = map.get(value);
  if (known) known.add(key);
  else map.set(value, new Set([key]));
}

/** Whether anybody but `key` has this value. */
export function hasOther(map: ReadonlyMap<string, ReadonlySet<string>>, value: string, key: string): boolean {
  const keys = map.get(value);
  return keys !== undefined && keys.size > (keys.has(key) ? 1 : 0);
}

/** Whom a notice is about. */
export interface About {
  kind: "user" | "group";
  key: string;
  /** For people to read. */
  label: string;
}

export function note(draft: Draft, about: About, words: { code: NoticeCode; text: string }): void {
  draft.notices.push({ ...about, ...words });
}
