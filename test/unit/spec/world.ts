import type { Group, Member } from "../../../src/domain/bitwarden.ts";
import type { PlanInput } from "../../../src/domain/plan/draft.ts";
import { findJoins, unite } from "../../../src/domain/people/join.ts";
import type {
  Claim,
  GroupRecord,
  LedgerGroup,
  LedgerUser,
  Live,
  Model,
  Source,
  UserRecord,
} from "../../../src/domain/model.ts";
import type { SyncOptions } from "../../../src/domain/options.ts";
import { qualified, unqualified } from "../../../src/domain/subject.ts";

/** What a directory says about one person, as far as it is not the usual: active, read directly, with an address. */
type PersonSays = Partial<UserRecord>;
/** The same of a group. `has`: its direct members; people by name, nested groups as `@name`. */
type GroupSays = Partial<GroupRecord> & { has?: string[] };

export interface Directory {
  people?: Record<string, PersonSays>;
  groups?: Record<string, GroupSays>;
  options?: Partial<SyncOptions>;
  authoritative?: boolean;
}

export interface Bitwarden {
  members?: Record<string, Partial<Member>>;
  /** `has`: the members of the group, when they were read live. */
  groups?: Record<string, Partial<Group> & { has?: string[] }>;
  /** The groups of a member, when they were read live. */
  groupsOf?: Record<string, string[]>;
}

export interface Ledger {
  people?: Record<string, Partial<LedgerUser>>;
  /** `has`: the managed people of the group as last verified. */
  groups?: Record<string, Partial<LedgerGroup> & { has?: string[] }>;
}

/** One organization at one moment. Whatever is called `ada` on all sides is the same person, without saying more. */
export interface World {
  /** What the connection `ad` says; with `directories`, what several say, in the order of the configuration. */
  directory?: Directory;
  directories?: Record<string, Directory>;
  bitwarden?: Bitwarden;
  ledger?: Ledger;
  /** Claims that were joined before: `entra/ada` → `ad/ada`. */
  joined?: Record<string, string>;
  /** Lower-cased addresses. */
  protected?: string[];
  /** The people, and groups as `@name`, that the decision is about; otherwise everything. */
  about?: string[];
  /** False: some connection has never been read whole. */
  complete?: boolean;
}

export const active = {} satisfies PersonSays;
export const disabled = { state: "disabled" } satisfies PersonSays;
export const gone = { state: "gone" } satisfies PersonSays;
export const out = { state: "out" } satisfies PersonSays;
/** Said by a snapshot only: no direct read has confirmed it. */
export function unread<T extends object>(says: T): T & { confirmed: false } {
  return { ...says, confirmed: false };
}

export const confirmed = {} satisfies Partial<Member>;
export const revoked = { status: -1 } satisfies Partial<Member>;
export const managed = {} satisfies Partial<LedgerUser>;
export const revokedByUs = { status: -1, revokedByUs: true } satisfies Partial<LedgerUser>;

const OPTIONS: SyncOptions = {
  users: true,
  groups: true,
  removeDisabled: true,
  leaver: "revoke",
  scopeExit: "revoke",
  inviteUsersAfterProvisioning: true,
  groupDeletion: "report",
  largeImport: true,
};

/** Epoch ms of every read that a row does not date itself. */
export const READ_AT = 1_000;

/** `ada` → `ad/ada`; other connections are named: `entra/ada`. */
function keyOf(name: string): string {
  return name.includes("/") ? name : qualified("ad", name);
}

/** The external id that the directory gives: `cn=ada` in `ad`, `entra:ada` in `entra`. */
function externalIdOf(key: string): string {
  const { connection, key: name } = unqualified(key);
  return connection === "ad" ? `cn=${name}` : `${connection}:${name}`;
}

function emailOf(name: string): string {
  return `${unqualified(keyOf(name)).key}@example.test`;
}

/** Everything that `plan` is given, and the joins that were found on the way. */
export function inputOf(world: World): PlanInput & { joins: Map<string, string> } {
  const directories = Object.entries(world.directories ?? { ad: world.directory ?? {} });
  const ledgerUsers = ledgerUsersOf(world.ledger);
  const claims = directories.flatMap(([source, directory]) => claimsOf(source, directory));
  const known = new Map(Object.entries(world.joined ?? {}).map(([claim, person]) => [keyOf(claim), keyOf(person)]));
  const joins = findJoins(claims, known, ledgerUsers);
  const joined = new Map([...known, ...joins]);
  const model: Model = {
    people: unite(claims, joined),
    groups: new Map(),
    userEdges: new Map(),
    groupEdges: new Map(),
    ledgerUsers,
    ledgerGroups: new Map(),
    ledgerMembers: new Map(),
    complete: world.complete ?? true,
  };
  for (const [source, { groups = {} }] of directories) addGroups(model, source, groups, joined);
  addLedgerGroups(model, world.ledger);
  const sources = new Map(directories.map(([name, directory]) => [name, sourceOf(directory)]));
  const live = liveOf(world.bitwarden);
  return { subjects: subjectsOf(world), model, live, sources, protected: new Set(world.protected), joins };
}

function sourceOf({ options = {}, authoritative = false }: Directory): Source {
  return { options: { ...OPTIONS, ...options }, authoritative };
}

function claimsOf(source: string, { people = {} }: Directory): Claim[] {
  return Object.entries(people).map(([name, says]) => {
    const externalId = externalIdOf(qualified(source, name));
    const usual = { link: null, clause: null, confirmed: true, readNo: 1, readAt: READ_AT };
    return { source, record: { key: name, externalId, email: emailOf(name), state: "active", ...usual, ...says } };
  });
}

function addGroups(
  model: Model,
  source: string,
  groups: Record<string, GroupSays>,
  joined: ReadonlyMap<string, string>,
): void {
  for (const [name, { has = [], ...says }] of Object.entries(groups)) {
    const key = qualified(source, name);
    const usual = { state: "active", clause: null, confirmed: true, readNo: 1, readAt: READ_AT } as const;
    model.groups.set(key, {
      key,
      source,
      record: { key: name, externalId: externalIdOf(key), name, ...usual, ...says },
    });
    const people = has.filter((one) => !one.startsWith("@")).map((one) => qualified(source, one));
    model.userEdges.set(
      key,
      people.map((person) => joined.get(person) ?? person),
    );
    const nested = has.filter((one) => one.startsWith("@")).map((one) => qualified(source, one.slice(1)));
    if (nested.length > 0) model.groupEdges.set(key, nested);
  }
}

function ledgerUsersOf(ledger: Ledger = {}): Map<string, LedgerUser> {
  const users = Object.entries(ledger.people ?? {}).map(([name, facts]): [string, LedgerUser] => {
    const key = keyOf(name);
    const email = emailOf(name);
    const usual = { externalId: externalIdOf(key), bwId: `m-${unqualified(key).key}`, email, status: 2, type: 2 };
    return [key, { key, ...usual, revokedByUs: false, ...facts }];
  });
  return new Map(users);
}

function addLedgerGroups(model: Model, ledger: Ledger = {}): void {
  for (const [name, { has = [], ...facts }] of Object.entries(ledger.groups ?? {})) {
    const key = keyOf(name);
    const plain = unqualified(key).key;
    const usual = { externalId: externalIdOf(key), bwId: `g-${plain}`, name: plain, verifiedAt: 1 };
    model.ledgerGroups.set(key, { key, ...usual, ...facts });
    model.ledgerMembers.set(key, new Set(has.map(keyOf)));
  }
}

function liveOf({ members = {}, groups = {}, groupsOf = {} }: Bitwarden = {}): Live {
  const live: Live = {
    members: new Map(),
    groups: new Map(),
    memberIds: new Map(),
    groupIds: new Map(),
    unreadable: new Set(),
  };
  for (const [name, facts] of Object.entries(members)) {
    const id = `m-${name}`;
    live.members.set(id, { id, email: emailOf(name), externalId: `cn=${name}`, status: 2, type: 2, ...facts });
  }
  for (const [name, { has, ...facts }] of Object.entries(groups)) {
    const id = `g-${name}`;
    live.groups.set(id, { id, name, externalId: `cn=${name}`, ...facts });
    if (has) live.memberIds.set(id, new Set(has.map((member) => `m-${member}`)));
  }
  for (const [name, of] of Object.entries(groupsOf)) {
    live.groupIds.set(`m-${name}`, new Set(of.map((group) => `g-${group}`)));
  }
  return live;
}

function subjectsOf({ about }: World): PlanInput["subjects"] {
  const users = new Set((about ?? []).filter((one) => !one.startsWith("@")).map(keyOf));
  const groups = new Set((about ?? []).filter((one) => one.startsWith("@")).map((one) => keyOf(one.slice(1))));
  return { all: about === undefined, users, groups };
}
