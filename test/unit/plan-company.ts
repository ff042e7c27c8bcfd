import fc from "fast-check";
import type { Member } from "../../src/domain/bitwarden.ts";
import type { GroupState, UserState } from "../../src/domain/directory.ts";
import type { PlanInput } from "../../src/domain/draft.ts";
import type { Live, Model } from "../../src/domain/model.ts";
import type { SyncOptions } from "../../src/domain/options.ts";

/** One person on both sides, by a few dice. */
export interface Person {
  state: UserState;
  confirmed: boolean;
  email: "own" | "shared" | "none" | "bad";
  managed: boolean;
  revokedByUs: boolean;
  /** The Bitwarden member: absent, or with this external id. */
  member: "absent" | "ours" | "none" | "foreign";
  status: number;
  /** The status that the ledger saw last. */
  knownStatus: number;
  type: number;
  protected: boolean;
  /** Groups by number: in the directory, and in Bitwarden. */
  in: number[];
  inBitwarden: number[];
}

export interface Circle {
  state: GroupState;
  confirmed: boolean;
  managed: boolean;
  live: "absent" | "ours" | "none" | "foreign";
  name: "same" | "other" | "long";
  /** Nested groups by number; cycles welcome. */
  nested: number[];
}

export interface Company {
  people: Person[];
  circles: Circle[];
  options: SyncOptions;
}

const index = fc.nat({ max: 3 });

const person: fc.Arbitrary<Person> = fc.record({
  state: fc.constantFrom<UserState[]>("active", "active", "disabled", "out", "gone"),
  confirmed: fc.boolean(),
  email: fc.constantFrom("own", "own", "own", "shared", "none", "bad"),
  managed: fc.boolean(),
  revokedByUs: fc.boolean(),
  member: fc.constantFrom("absent", "ours", "ours", "none", "foreign"),
  status: fc.constantFrom(-1, 0, 1, 2),
  knownStatus: fc.constantFrom(-1, 2),
  type: fc.constantFrom(2, 2, 2, 0, 1, 4),
  protected: fc.boolean(),
  in: fc.uniqueArray(index, { maxLength: 3 }),
  inBitwarden: fc.uniqueArray(index, { maxLength: 3 }),
});

const circle: fc.Arbitrary<Circle> = fc.record({
  state: fc.constantFrom<GroupState[]>("active", "active", "out", "gone"),
  confirmed: fc.boolean(),
  managed: fc.boolean(),
  live: fc.constantFrom("absent", "ours", "ours", "none", "foreign"),
  name: fc.constantFrom("same", "same", "other", "long"),
  nested: fc.uniqueArray(index, { maxLength: 2 }),
});

const leaving = fc.constantFrom("revoke", "remove", "report");

/** Any company, however odd: up to six people and four groups on both sides. */
export const company: fc.Arbitrary<Company> = fc.record({
  people: fc.array(person, { maxLength: 6 }),
  circles: fc.array(circle, { maxLength: 4 }),
  options: fc.record({
    users: fc.boolean(),
    groups: fc.boolean(),
    removeDisabled: fc.boolean(),
    leaver: leaving,
    scopeExit: leaving,
    inviteUsersAfterProvisioning: fc.boolean(),
    groupDeletion: fc.constantFrom("report", "empty", "delete"),
    largeImport: fc.boolean(),
  }),
});

/** What the planner is given; everything was read live. */
export function inputOf({ people, circles, options }: Company): PlanInput {
  const model: Model = {
    users: new Map(),
    groups: new Map(),
    userEdges: new Map(),
    groupEdges: new Map(),
    ledgerUsers: new Map(),
    ledgerGroups: new Map(),
    ledgerMembers: new Map(),
    duplicateEmails: new Set(),
  };
  const live: Live = { members: new Map(), groups: new Map(), memberIds: new Map(), groupIds: new Map() };
  const guarded = new Set<string>();
  circles.forEach((one, at) => {
    addCircle(one, at, circles.length, model, live);
  });
  people.forEach((one, at) => {
    addPerson(one, at, model, live);
    if (one.protected) guarded.add(`u${String(at)}@example.com`);
  });
  const shared = people.filter((one) => one.email === "shared" && one.state === "active");
  if (shared.length > 1) model.duplicateEmails.add("shared@example.com");
  return { subjects: { all: true, users: new Set(), groups: new Set() }, model, live, options, protected: guarded };
}

function addCircle(one: Circle, at: number, count: number, model: Model, live: Live): void {
  const key = `g${String(at)}`;
  const bwId = `bw-${key}`;
  const externalId = `x-${key}`;
  const name = one.name === "long" ? "n".repeat(101) : key;
  const confirmed = one.confirmed || one.state === "gone";
  model.groups.set(key, { key, externalId, name, state: one.state, clause: null, confirmed, readNo: 1, readAt: 1 });
  model.groupEdges.set(
    key,
    one.nested.filter((other) => other < count).map((other) => `g${String(other)}`),
  );
  if (one.managed) model.ledgerGroups.set(key, { key, externalId, bwId, name: key, verifiedAt: 1 });
  if (one.live === "absent") return;
  const liveName = one.name === "other" ? `old ${key}` : key;
  live.groups.set(bwId, { id: bwId, name: liveName, externalId: externalIdOf(one.live, externalId) });
  live.memberIds.set(bwId, new Set());
}

function addPerson(one: Person, at: number, model: Model, live: Live): void {
  const key = `u${String(at)}`;
  const bwId = `bw-${key}`;
  const externalId = `x-${key}`;
  const own = `${key}@example.com`;
  const email = { own, shared: "shared@example.com", none: null, bad: "no-address" }[one.email];
  const confirmed = one.confirmed || one.state === "gone";
  model.users.set(key, { key, externalId, email, state: one.state, clause: null, confirmed, readNo: 1, readAt: 1 });
  for (const group of one.in.map((number) => `g${String(number)}`)) {
    if (model.groups.has(group)) model.userEdges.set(group, [...(model.userEdges.get(group) ?? []), key]);
  }
  const member: Member = {
    id: bwId,
    email: own,
    externalId: one.member === "absent" ? null : externalIdOf(one.member, externalId),
    status: one.status,
    type: one.type,
  };
  if (one.managed) {
    const { type } = member;
    const status = one.knownStatus;
    const revokedByUs = one.revokedByUs && one.status === -1;
    model.ledgerUsers.set(key, { key, externalId, bwId, email: own, status, type, revokedByUs });
  }
  if (one.member === "absent") return;
  live.members.set(bwId, member);
  for (const number of one.inBitwarden) live.memberIds.get(`bw-g${String(number)}`)?.add(bwId);
}

function externalIdOf(kind: "ours" | "none" | "foreign", ours: string): string | null {
  if (kind === "none") return null;
  return kind === "ours" ? ours : `foreign-${ours}`;
}
