import { ancestors, descendants } from "../../domain/plan/closure.ts";
import { findJoins, personKey, unite } from "../../domain/people/join.ts";
import type { Claim, LedgerUser, Model, SourceGroup, Subjects } from "../../domain/model.ts";
import { claimsByPerson } from "../../domain/plan/relies.ts";
import { qualified, unqualified } from "../../domain/subject.ts";
import type { Sql } from "../../store/database.ts";
import { loadGroups, loadUsers, lookalikeUsers } from "../../store/directory/directory-rows.ts";
import { loadEdges, loadGroupEdges } from "../../store/directory/edge-rows.ts";
import { loadJoined } from "../../store/ledger/joined.ts";
import {
  loadLedgerGroups,
  loadLedgerMembers,
  loadLedgerUsers,
  loadLedgerUsersByBwId,
  loadLedgerUsersLike,
} from "../../store/ledger/ledger.ts";
import { connectionRow } from "../../store/state.ts";
import type { Organization } from "../organization.ts";

/** The model, and the subjects widened to what they touch: ancestors of groups, newcomers in them. */
export interface Loaded {
  model: Model;
  subjects: Subjects;
  /** Every join known so far and those found now: qualified key of a claim → key of the person. */
  joined: Map<string, string>;
  /** Those found now, to be written down. */
  newJoins: Map<string, string>;
}

/** `asked`: qualified keys of users and groups. */
export async function loadModel(db: Sql, organization: Organization, asked: Subjects): Promise<Loaded> {
  return asked.all ? loadAll(db, organization, asked) : new PartialModel(db, organization).load(asked);
}

async function loadAll(db: Sql, organization: Organization, subjects: Subjects): Promise<Loaded> {
  const names = [...organization.sources.keys()];
  const known = await loadJoined(db, organization.name);
  const ledgerUsers = await loadLedgerUsers(db, organization.name);
  const unread = await notReadWhole(db, names);
  const claims: Claim[] = [];
  for (const source of names) {
    for (const record of (await loadUsers(db, source)).values()) claims.push({ source, record });
  }
  const newJoins = findJoins(claims, known, ledgerUsers);
  const joined = new Map([...known, ...newJoins]);
  const userEdges = new Map<string, string[]>();
  for (const source of names) addUserEdges(userEdges, source, await loadEdges(db, source, "user"), joined);
  const model: Model = {
    people: unite(claims, joined, unread),
    groups: await loadSourceGroups(db, names),
    userEdges,
    groupEdges: await loadGroupEdges(db, names),
    ledgerUsers,
    ledgerGroups: await loadLedgerGroups(db, organization.name),
    ledgerMembers: await loadLedgerMembers(db, organization.name),
    complete: unread.size === 0,
  };
  return { model, subjects, joined, newJoins };
}

/** Connections that have never been read whole, or not since a reset. */
async function notReadWhole(db: Sql, connections: string[]): Promise<Set<string>> {
  const rows = await Promise.all(connections.map((name) => connectionRow(db, name)));
  return new Set(connections.filter((_, at) => (rows[at]?.snapshot_scope_hash ?? null) === null));
}

async function loadSourceGroups(db: Sql, sources: string[]): Promise<Map<string, SourceGroup>> {
  const groups = new Map<string, SourceGroup>();
  for (const source of sources) {
    for (const record of (await loadGroups(db, source)).values()) {
      const key = qualified(source, record.key);
      groups.set(key, { key, source, record });
    }
  }
  return groups;
}

function addUserEdges(
  into: Map<string, string[]>,
  source: string,
  edges: Map<string, string[]>,
  joined: ReadonlyMap<string, string>,
): void {
  for (const [group, users] of edges) {
    const people = users.map((user) => {
      const own = qualified(source, user);
      return joined.get(own) ?? own;
    });
    into.set(qualified(source, group), people);
  }
}

/** Loads what a few subjects need: they, the people of their groups, and whoever may be the same as a newcomer. */
class PartialModel {
  readonly #db: Sql;
  readonly #organization: string;
  readonly #sources: string[];
  readonly #claims = new Map<string, Claim>();
  #joined = new Map<string, string>();
  #ledgerUsers = new Map<string, LedgerUser>();

  constructor(db: Sql, organization: Organization) {
    this.#db = db;
    this.#organization = organization.name;
    this.#sources = [...organization.sources.keys()];
  }

  async load(asked: Subjects): Promise<Loaded> {
    const db = this.#db;
    const known = await loadJoined(db, this.#organization);
    this.#joined = known;
    const groupEdges = await loadGroupEdges(db, this.#sources);
    const groups = ancestors(asked.groups, groupEdges);
    const userEdges = await this.#edgesOf("groups", descendants(groups, groupEdges));
    const ledgerMembers = await loadLedgerMembers(db, this.#organization, { groups });
    const people = new Set([...asked.users].map((key) => known.get(key) ?? key));
    for (const map of [userEdges, ledgerMembers]) {
      for (const members of map.values()) for (const person of members) people.add(person);
    }
    await this.#loadPeople(people);
    const newcomers = [...people].filter((key) => !this.#ledgerUsers.has(key));
    await this.#loadLookalikes(newcomers);
    const newJoins = findJoins(this.#inOrder(), known, this.#ledgerUsers);
    this.#joined = new Map([...known, ...newJoins]);
    // Whoever was a person of their own before is decided with the one they belong to: what was planned for them ends.
    const decided = [...asked.users, ...newJoins.keys()];
    const subjects = new Set(decided.flatMap((key) => [key, this.#joined.get(key) ?? key]));
    const united = unite(this.#inOrder(), this.#joined, await notReadWhole(db, this.#sources));
    for (const key of newcomers) {
      const person = this.#joined.get(key) ?? key;
      if (united.get(person)?.claims.some(({ record }) => record.state === "active") === true) subjects.add(person);
    }
    const claimsOf = claimsByPerson(this.#joined);
    const ofSubjects = await this.#edgesOf("members", new Set([...subjects].flatMap(claimsOf)));
    // Groups already loaded whole keep their whole list.
    for (const [group, members] of ofSubjects) if (!userEdges.has(group)) userEdges.set(group, members);
    for (const [group, members] of await loadLedgerMembers(db, this.#organization, { users: subjects })) {
      ledgerMembers.set(group, members.union(ledgerMembers.get(group) ?? new Set()));
    }
    if (newJoins.size > 0) for (const [group, members] of userEdges) userEdges.set(group, this.#renamed(members));
    const model: Model = {
      people: united,
      groups: await loadSourceGroups(db, this.#sources),
      userEdges,
      groupEdges,
      ledgerUsers: this.#ledgerUsers,
      ledgerGroups: await loadLedgerGroups(db, this.#organization),
      ledgerMembers,
      complete: false,
    };
    return { model, subjects: { all: false, users: subjects, groups }, joined: this.#joined, newJoins };
  }

  /** Claims and ledger entries of people who are not loaded yet. */
  async #loadPeople(people: Iterable<string>): Promise<void> {
    const keys = [...people];
    const claimsOf = claimsByPerson(this.#joined);
    await this.#loadClaims(keys.flatMap(claimsOf));
    for (const [key, ledger] of await loadLedgerUsers(this.#db, this.#organization, keys)) {
      this.#ledgerUsers.set(key, ledger);
    }
  }

  async #loadClaims(names: Iterable<string>): Promise<void> {
    const wanted = [...names].filter((name) => !this.#claims.has(name)).map(unqualified);
    for (const [source, subjects] of Map.groupBy(wanted, ({ connection }) => connection)) {
      if (!this.#sources.includes(source)) continue;
      const records = await loadUsers(
        this.#db,
        source,
        subjects.map(({ key }) => key),
      );
      for (const record of records.values()) this.#claims.set(qualified(source, record.key), { source, record });
    }
  }

  /** Whoever may be the same person as a newcomer: in the directories, and in the ledger. */
  async #loadLookalikes(newcomers: string[]): Promise<void> {
    const claims = newcomers.flatMap(claimsByPerson(this.#joined)).flatMap((name) => this.#claims.get(name) ?? []);
    if (claims.length === 0) return;
    const like = {
      emails: claims.flatMap(({ record }) => record.email ?? []),
      links: claims.flatMap(({ record }) => record.link ?? []),
      externalIds: claims.map(({ record }) => record.externalId),
    };
    const found: Claim[] = [];
    for (const source of this.#sources) {
      const keys = await lookalikeUsers(this.#db, source, like);
      await this.#loadClaims(keys.map((key) => qualified(source, key)));
      for (const key of keys)
        found.push(...[this.#claims.get(qualified(source, key))].filter((one) => one !== undefined));
    }
    const managed = await loadLedgerUsersLike(this.#db, this.#organization, like.externalIds, like.emails);
    await this.#loadPeople(new Set([...managed.keys(), ...found.map((claim) => personKey(claim, this.#joined))]));
  }

  async #edgesOf(by: "groups" | "members", names: Set<string>): Promise<Map<string, string[]>> {
    const edges = new Map<string, string[]>();
    for (const [source, subjects] of Map.groupBy([...names].map(unqualified), ({ connection }) => connection)) {
      const keys = subjects.map(({ key }) => key);
      const filter = by === "groups" ? { groups: keys } : { members: keys };
      addUserEdges(edges, source, await loadEdges(this.#db, source, "user", filter), this.#joined);
    }
    return edges;
  }

  #inOrder(): Claim[] {
    const claims = [...this.#claims.values()];
    return this.#sources.flatMap((name) => claims.filter(({ source }) => source === name));
  }

  #renamed(members: string[]): string[] {
    return members.map((member) => this.#joined.get(member) ?? member);
  }
}

/**
 * Adds to a partial model the managed people whom Bitwarden named in a list of a group's members and the ledger did not
 * expect there. Without them the list would look shorter than it is. Answers who was added.
 */
export async function addManagedMembers(
  db: Sql,
  organization: Organization,
  loaded: Loaded,
  ids: Iterable<string>,
): Promise<LedgerUser[]> {
  const { model } = loaded;
  const known = new Set([...model.ledgerUsers.values()].map(({ bwId }) => bwId));
  const unknown = [...ids].filter((id) => !known.has(id));
  const found = await loadLedgerUsersByBwId(db, organization.name, unknown);
  if (found.size === 0) return [];
  const claimsOf = claimsByPerson(loaded.joined);
  const wanted = [...found.keys()].flatMap(claimsOf).map(unqualified);
  for (const [source, subjects] of Map.groupBy(wanted, ({ connection }) => connection)) {
    if (!organization.sources.has(source)) continue;
    const keys = subjects.map(({ key }) => key);
    for (const record of (await loadUsers(db, source, keys)).values()) {
      const claim = { source, record };
      const key = personKey(claim, loaded.joined);
      const person = model.people.get(key) ?? { key, claims: [], unheard: [] };
      const isThere = person.claims.some((one) => one.source === source && one.record.key === record.key);
      if (!isThere) model.people.set(key, { ...person, claims: [...person.claims, claim] });
    }
  }
  for (const [key, ledger] of found) model.ledgerUsers.set(key, ledger);
  return [...found.values()];
}
