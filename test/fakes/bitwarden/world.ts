import { randomUUID } from "node:crypto";
import { IndexMap } from "./index-map.ts";
import {
  CONFIRMED,
  linkedId,
  lowerCase,
  occupiesSeat,
  OWNER,
  REVOKED,
  shownEmail,
  type Association,
  type Collection,
  type EventSubject,
  type Group,
  type Mail,
  type Member,
  type Organization,
  type OrganizationEvent,
  type Policy,
} from "./model.ts";

/** Old events are dropped beyond this number, so that load runs do not grow without bound. */
const MAX_EVENTS = 200_000;

/** The whole state of one organization, with the indexes that make 50,000 members cheap. Nothing is unique but ids. */
export class World {
  readonly organization: Organization;
  readonly members = new Map<string, Member>();
  readonly groups = new Map<string, Group>();
  /** Group id to membership ids. */
  readonly groupMembers = new Map<string, Set<string>>();
  /** Membership id to group ids: the same links from the other side. */
  readonly memberGroups = new Map<string, Set<string>>();
  readonly collections = new Map<string, Collection>();
  /** By type; only those that were ever saved. */
  readonly policies = new Map<number, Policy>();
  /** Ids of groups of another organization in the same database. */
  readonly foreignGroups = new Set<string>();
  readonly outbox: Mail[] = [];
  readonly events: OrganizationEvent[] = [];
  /** Seats bought by autoscaling, in order. */
  readonly purchases: number[] = [];

  readonly membersByExternalId = new IndexMap<Member>();
  /** By lower-cased shown e-mail. */
  readonly membersByEmail = new IndexMap<Member>();
  /** Members without an external id, by exact shown e-mail: what the import links by. */
  readonly unlinkedByEmail = new IndexMap<Member>();
  readonly groupsByExternalId = new IndexMap<Group>();
  readonly #confirmedOwners = new Set<string>();
  #occupiedSeats = 0;

  constructor(organization: Organization) {
    this.organization = organization;
  }

  get occupiedSeats(): number {
    return this.#occupiedSeats;
  }

  hasConfirmedOwnerExcept(memberId: string | null): boolean {
    const owners = this.#confirmedOwners;
    return owners.size > (memberId !== null && owners.has(memberId) ? 1 : 0);
  }

  addMember(facts: Omit<Member, "id">): Member {
    const member: Member = { id: randomUUID(), ...facts };
    this.members.set(member.id, member);
    this.memberGroups.set(member.id, new Set());
    this.#index(member);
    return member;
  }

  /** Does nothing with a member who is gone. */
  changeMember(member: Member, patch: Partial<Omit<Member, "id">>): void {
    if (!this.members.has(member.id)) return;
    this.#unindex(member);
    Object.assign(member, patch);
    this.#index(member);
  }

  /** Revokes and remembers the status held before. */
  revokeMember(member: Member): void {
    this.changeMember(member, { priorStatus: member.status, status: REVOKED });
  }

  /** "My items" of a member who leaves become a shared collection. */
  removeMember(member: Member): void {
    if (!this.members.delete(member.id)) return;
    this.#unindex(member);
    for (const { id } of member.collections) {
      const collection = this.collections.get(id);
      if (collection?.kind === "my-items") this.collections.set(id, { ...collection, kind: "shared" });
    }
    for (const groupId of this.memberGroups.get(member.id) ?? []) this.groupMembers.get(groupId)?.delete(member.id);
    this.memberGroups.delete(member.id);
  }

  addGroup(facts: Omit<Group, "id">): Group {
    const group: Group = { id: randomUUID(), ...facts };
    this.groups.set(group.id, group);
    this.groupMembers.set(group.id, new Set());
    const key = linkedId(group);
    if (key !== null) this.groupsByExternalId.add(key, group);
    return group;
  }

  /** Does nothing with a group that is gone. */
  changeGroup(group: Group, patch: Partial<Omit<Group, "id">>): void {
    if (!this.groups.has(group.id)) return;
    const before = linkedId(group);
    if (before !== null) this.groupsByExternalId.remove(before, group);
    Object.assign(group, patch);
    const after = linkedId(group);
    if (after !== null) this.groupsByExternalId.add(after, group);
  }

  removeGroup(group: Group): void {
    const key = linkedId(group);
    if (key !== null) this.groupsByExternalId.remove(key, group);
    for (const memberId of this.groupMembers.get(group.id) ?? []) this.memberGroups.get(memberId)?.delete(group.id);
    this.groupMembers.delete(group.id);
    this.groups.delete(group.id);
  }

  /** Replaces the member set of a group; ids of others are silently ignored, as the vendor does. */
  setGroupMembers(groupId: string, memberIds: Iterable<string>): void {
    replaceLinks(this.groupMembers, this.memberGroups, groupId, memberIds);
  }

  /** Replaces the groups of a member; unknown ids are silently ignored. */
  setMemberGroups(memberId: string, groupIds: Iterable<string>): void {
    replaceLinks(this.memberGroups, this.groupMembers, memberId, groupIds);
  }

  /** Puts a new member into groups; the row for a group of another organization is really written. */
  joinGroups(memberId: string, groupIds: readonly string[]): void {
    this.setMemberGroups(memberId, groupIds);
    for (const id of groupIds) if (this.foreignGroups.has(id)) this.memberGroups.get(memberId)?.add(id);
  }

  removeCollection(collectionId: string): void {
    function lost(held: readonly Association[]): Association[] | null {
      const left = held.filter(({ id }) => id !== collectionId);
      return left.length < held.length ? left : null;
    }
    this.collections.delete(collectionId);
    for (const group of this.groups.values()) {
      const collections = lost(group.collections);
      if (collections !== null) this.changeGroup(group, { collections });
    }
    for (const member of this.members.values()) {
      const collections = lost(member.collections);
      if (collections !== null) this.changeMember(member, { collections });
    }
  }

  isPolicyOn(type: number): boolean {
    return this.policies.get(type)?.enabled === true;
  }

  putPolicy(facts: Omit<Policy, "id">): Policy {
    const policy = { id: this.policies.get(facts.type)?.id ?? randomUUID(), ...facts };
    this.policies.set(facts.type, policy);
    return policy;
  }

  log(type: number, subject: Partial<EventSubject>): void {
    if (!this.organization.useEvents) return;
    if (this.events.length >= MAX_EVENTS) this.events.splice(0, MAX_EVENTS / 10);
    const nothing: EventSubject = { memberId: null, groupId: null, collectionId: null, policyId: null };
    this.events.push({ type, date: new Date().toISOString(), ...nothing, ...subject });
  }

  #index(member: Member): void {
    const email = shownEmail(member);
    const key = linkedId(member);
    this.membersByEmail.add(lowerCase(email), member);
    if (key === null) this.unlinkedByEmail.add(email, member);
    else this.membersByExternalId.add(key, member);
    if (occupiesSeat(member)) this.#occupiedSeats += 1;
    if (member.type === OWNER && member.status === CONFIRMED) this.#confirmedOwners.add(member.id);
  }

  #unindex(member: Member): void {
    const email = shownEmail(member);
    const key = linkedId(member);
    this.membersByEmail.remove(lowerCase(email), member);
    if (key === null) this.unlinkedByEmail.remove(email, member);
    else this.membersByExternalId.remove(key, member);
    if (occupiesSeat(member)) this.#occupiedSeats -= 1;
    this.#confirmedOwners.delete(member.id);
  }
}

function replaceLinks(
  near: Map<string, Set<string>>,
  far: Map<string, Set<string>>,
  id: string,
  others: Iterable<string>,
): void {
  const links = near.get(id);
  if (links === undefined) return;
  const wanted = new Set<string>();
  for (const other of others) if (far.has(other) || links.has(other)) wanted.add(other);
  for (const other of links) {
    if (wanted.has(other)) continue;
    links.delete(other);
    far.get(other)?.delete(id);
  }
  for (const other of wanted) {
    links.add(other);
    far.get(other)?.add(id);
  }
}
