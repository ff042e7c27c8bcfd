import fc from "fast-check";
import type { GroupState, UserState } from "../../src/domain/directory.ts";
import type { PlanInput } from "../../src/domain/plan/draft.ts";
import { findJoins, unite } from "../../src/domain/people/join.ts";
import type { Claim, LedgerUser, Live, Model, Source, UserRecord } from "../../src/domain/model.ts";
import type { SyncOptions } from "../../src/domain/options.ts";
import { qualified } from "../../src/domain/subject.ts";

/** What one directory says about one person. */
export interface Said {
  state: UserState;
  confirmed: boolean;
  email: "own" | "shared" | "none" | "bad";
  /** Whether the link that both directories share is given. */
  link: boolean;
  readAt: number;
}

/** One person on all sides, by a few dice. */
export interface Human {
  /** By directory; null: that one does not know the person. */
  said: [Said | null, Said | null];
  /** A second entry in the first directory, as when somebody is deleted and created again; null: none. */
  again: (Said & { externalId: "same" | "new" }) | null;
  /** The connection under which the ledger knows the person; `entra` may not be configured, `legacy` never is. */
  managed: "ad" | "entra" | "legacy" | null;
  revokedByUs: boolean;
  /** The Bitwarden member: absent, or with the external id of the ledger, none, or that of another tool. */
  member: "absent" | "ours" | "none" | "foreign";
  status: number;
  /** The status that the ledger saw last. */
  knownStatus: number;
  type: number;
  protected: boolean;
  /** Groups by number: in the directories that know the person, and in Bitwarden. */
  in: number[];
  inBitwarden: number[];
}

export interface Circle {
  /** The directory that has it. */
  of: 0 | 1;
  state: GroupState;
  confirmed: boolean;
  readAt: number;
  managed: boolean;
  live: "absent" | "ours" | "none" | "foreign";
  name: "same" | "other" | "long";
  /** Nested groups by number; cycles welcome, across directories none. */
  nested: number[];
}

export interface Setting {
  options: SyncOptions;
  authoritative: boolean;
}

export interface Company {
  people: Human[];
  circles: Circle[];
  /** One connection or two. */
  settings: [Setting] | [Setting, Setting];
}

const NAMES = ["ad", "entra"] as const;

const index = fc.nat({ max: 3 });
const time = fc.integer({ min: 1, max: 9 });
const often = fc.constantFrom(true, true, true, false);
const seldom = fc.constantFrom(false, false, false, false, true);
const bitwarden = fc.constantFrom<Human["member"][]>("absent", "ours", "ours", "ours", "ours", "none", "foreign");

const said: fc.Arbitrary<Said> = fc.record({
  state: fc.constantFrom<UserState[]>("active", "active", "active", "disabled", "out", "gone"),
  confirmed: often,
  email: fc.constantFrom("own", "own", "own", "own", "own", "own", "shared", "none", "bad"),
  link: fc.boolean(),
  readAt: time,
});

const again = fc
  .tuple(said, fc.constantFrom<("same" | "new")[]>("same", "new"))
  .map(([words, externalId]) => ({ ...words, externalId }));

const human: fc.Arbitrary<Human> = fc.record({
  again: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: again }),
  said: fc.tuple(fc.option(said, { freq: 6 }), fc.option(said, { freq: 2 })),
  managed: fc.constantFrom("ad", "ad", "ad", "ad", "entra", "legacy", null, null),
  revokedByUs: fc.boolean(),
  member: bitwarden,
  status: fc.constantFrom(-1, 0, 1, 2, 2),
  knownStatus: fc.constantFrom(-1, 2),
  type: fc.constantFrom(2, 2, 2, 2, 2, 2, 2, 0, 1, 4),
  protected: seldom,
  in: fc.uniqueArray(index, { maxLength: 3 }),
  inBitwarden: fc.uniqueArray(index, { maxLength: 3 }),
});

const circle: fc.Arbitrary<Circle> = fc.record({
  of: fc.constantFrom(0, 0, 1),
  state: fc.constantFrom<GroupState[]>("active", "active", "out", "gone"),
  confirmed: fc.boolean(),
  readAt: time,
  managed: fc.boolean(),
  live: bitwarden,
  name: fc.constantFrom("same", "same", "other", "long"),
  nested: fc.uniqueArray(index, { maxLength: 2 }),
});

const leaving = fc.constantFrom("revoke", "remove", "report");
const setting: fc.Arbitrary<Setting> = fc.record({
  authoritative: fc.boolean(),
  options: fc.record({
    users: often,
    groups: often,
    removeDisabled: often,
    leaver: leaving,
    scopeExit: leaving,
    inviteUsersAfterProvisioning: fc.boolean(),
    groupDeletion: fc.constantFrom("report", "empty", "delete"),
    largeImport: fc.boolean(),
  }),
});

/** Any company, however odd: up to six people and four groups, fed by one connection or by two. */
export const company: fc.Arbitrary<Company> = fc.record({
  people: fc.array(human, { minLength: 1, maxLength: 6 }),
  circles: fc.array(circle, { maxLength: 4 }),
  settings: fc.oneof(fc.tuple(setting), fc.tuple(setting, setting), fc.tuple(setting, setting)),
});

/** How the same company may be written down: nothing that is taken away may depend on it. */
export interface Order {
  sources: "as they are" | "reversed";
  claims: "as they are" | "reversed";
}

/** What the planner is given; everything was read live. */
export function inputOf({ people, circles, settings }: Company, order?: Order): PlanInput {
  const names = NAMES.slice(0, settings.length);
  const inOrder = order?.sources === "reversed" ? names.toReversed() : names;
  const claims = inOrder.flatMap((source) => claimsOf(source, people, order));
  const ledgerUsers = new Map(people.flatMap(ledgered).map((entry) => [entry.key, entry]));
  const joined = findJoins(claims, new Map(), ledgerUsers);
  const model: Model = {
    people: unite(claims, joined),
    groups: new Map(),
    userEdges: new Map(),
    groupEdges: new Map(),
    ledgerUsers,
    ledgerGroups: new Map(),
    ledgerMembers: new Map(),
    complete: true,
  };
  const live: Live = {
    members: new Map(),
    groups: new Map(),
    memberIds: new Map(),
    groupIds: new Map(),
    unreadable: new Set(),
  };
  circles.forEach((one, at) => {
    if (one.of < names.length) addCircle(one, at, circles, model, live);
  });
  people.forEach((one, at) => {
    addMember(one, at, live);
  });
  for (const { source, record } of claims) {
    const own = qualified(source, record.key);
    const { in: groups = [] } = people[Number(record.key.slice(1))] ?? {};
    for (const group of groups.map((number) => qualified(source, `g${String(number)}`))) {
      if (model.groups.has(group))
        model.userEdges.set(group, [...(model.userEdges.get(group) ?? []), joined.get(own) ?? own]);
    }
  }
  const guarded = people.flatMap((one, at) => (one.protected ? [emailOf(at)] : []));
  const sources = new Map<string, Source>(inOrder.map((name) => [name, settings[NAMES.indexOf(name)] ?? settings[0]]));
  const subjects = { all: true, users: new Set<string>(), groups: new Set<string>() };
  return { subjects, model, live, sources, protected: new Set(guarded) };
}

function claimsOf(source: (typeof NAMES)[number], people: Human[], order?: Order): Claim[] {
  const claims = people.flatMap((one, at) => {
    const words = one.said[NAMES.indexOf(source)];
    const first = words ? [{ source, record: recordOf(words, source, at) }] : [];
    if (source !== "ad" || one.again === null) return first;
    const { externalId } = one.again;
    const record = recordOf(one.again, source, at);
    const second = {
      ...record,
      key: `v${String(at)}`,
      externalId: externalId === "same" ? record.externalId : `ad v${String(at)}`,
    };
    return [...first, { source, record: second }];
  });
  return order?.claims === "reversed" ? claims.toReversed() : claims;
}

function emailOf(at: number): string {
  return `u${String(at)}@example.com`;
}

function recordOf(words: Said, source: string, at: number): UserRecord {
  const key = `u${String(at)}`;
  const email = { own: emailOf(at), shared: "shared@example.com", none: null, bad: "no-address" }[words.email];
  const { state, readAt } = words;
  const confirmed = words.confirmed || state === "gone";
  const link = words.link ? `link ${key}` : null;
  return { key, externalId: `${source} ${key}`, email, link, state, clause: null, confirmed, readNo: 1, readAt };
}

function ledgered(one: Human, at: number): LedgerUser[] {
  if (one.managed === null) return [];
  const { managed, knownStatus: status, type } = one;
  const revokedByUs = one.revokedByUs && one.status === -1;
  const facts = { bwId: `bw-u${String(at)}`, email: emailOf(at), status, type, revokedByUs };
  return [{ key: qualified(managed, `u${String(at)}`), externalId: externalIdOf(one, at), ...facts }];
}

/** The external id that the member got: that of the connection under which the ledger knows the person. */
function externalIdOf({ managed }: Human, at: number): string {
  return `${managed ?? "ad"} u${String(at)}`;
}

function addCircle(one: Circle, at: number, circles: Circle[], model: Model, live: Live): void {
  const source = NAMES[one.of];
  const own = `g${String(at)}`;
  const key = qualified(source, own);
  const bwId = `bw-${own}`;
  const externalId = `${source} ${own}`;
  const name = one.name === "long" ? "n".repeat(101) : own;
  const confirmed = one.confirmed || one.state === "gone";
  const { state, readAt } = one;
  const record = { key: own, externalId, name, state, clause: null, confirmed, readNo: 1, readAt };
  model.groups.set(key, { key, source, record });
  const nested = one.nested.filter((other) => circles[other]?.of === one.of);
  model.groupEdges.set(
    key,
    nested.map((other) => qualified(source, `g${String(other)}`)),
  );
  if (one.managed) model.ledgerGroups.set(key, { key, externalId, bwId, name: own, verifiedAt: 1 });
  if (one.live === "absent") return;
  const liveName = one.name === "other" ? `old ${own}` : own;
  live.groups.set(bwId, { id: bwId, name: liveName, externalId: carried(one.live, externalId) });
  live.memberIds.set(bwId, new Set());
}

function addMember(one: Human, at: number, live: Live): void {
  if (one.member === "absent") return;
  const id = `bw-u${String(at)}`;
  const { status, type } = one;
  live.members.set(id, {
    id,
    email: emailOf(at),
    externalId: carried(one.member, externalIdOf(one, at)),
    status,
    type,
  });
  for (const number of one.inBitwarden) live.memberIds.get(`bw-g${String(number)}`)?.add(id);
}

function carried(kind: "ours" | "none" | "foreign", ours: string): string | null {
  if (kind === "none") return null;
  return kind === "ours" ? ours : `foreign ${ours}`;
}
