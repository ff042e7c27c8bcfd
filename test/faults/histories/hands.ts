import { CONFIRMED, INVITED, REVOKED, USER, type Member } from "../../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../../fakes/bitwarden/server.ts";
import { pick, type Random } from "../../fakes/okta/random.ts";
import type { Chronicle } from "./oracle/chronicle.ts";
import type { People } from "./oracle/people.ts";

const ACTS = [
  "revoke",
  "restore",
  "remove",
  "reinvite",
  "addTo",
  "takeFrom",
  "clear",
  "promote",
  "deleteGroup",
] as const;

/** An administrator at work in Bitwarden's web vault, and what the bridge owes to what they did. */
export class Hands {
  /** When a member was revoked by hand and not restored by hand since, by member id. */
  readonly revokedAt = new Map<string, number>();
  /** People removed by hand and not invited again by hand. */
  readonly removed = new Set<string>();
  /** People invited again by hand: until the bridge adopts them nobody manages them. */
  readonly reinvited = new Set<string>();
  /** When people became more than plain users. */
  readonly promotedAt = new Map<string, number>();
  /** External ids of groups that were deleted by hand. */
  readonly deletedGroups = new Set<string>();
  /** People and groups (external ids) that were touched at all: without a reconciliation nothing is known of it. */
  readonly touched = new Set<string>();
  readonly #bitwarden: FakeBitwarden;
  readonly #people: People;
  readonly #chronicle: Chronicle;

  constructor(bitwarden: FakeBitwarden, people: People, chronicle: Chronicle) {
    this.#bitwarden = bitwarden;
    this.#people = people;
    this.#chronicle = chronicle;
  }

  /** Whether a person's membership stands revoked by hand. */
  holdsRevoked(member: Member): boolean {
    return this.revokedAt.has(member.id) && member.status === REVOKED;
  }

  /** Does one thing to one of these people or their groups, when it is possible. */
  act(random: Random, names: readonly string[]): void {
    const what = pick(random, ACTS);
    const drawn = pick(random, names);
    const person = what === "reinvite" && this.removed.size > 0 ? pick(random, [...this.removed]) : drawn;
    const members = [...this.#bitwarden.state.members.values()];
    const member = members.find((one) => this.#people.of(one) === person);
    const point = random();
    if (what === "reinvite") {
      if (!member && this.removed.has(person)) this.#reinvite(person, point);
    } else if (what === "deleteGroup") {
      // Rare: it takes a group out of the history for good.
      if (point < 0.3) this.#deleteGroup(random);
    } else if (member?.type === USER) {
      this.#one(what, person, member, point);
    }
  }

  #one(
    what: Exclude<(typeof ACTS)[number], "reinvite" | "deleteGroup">,
    person: string,
    member: Member,
    point: number,
  ): void {
    const { admin, state } = this.#bitwarden;
    const mine = state.memberGroups.get(member.id) ?? new Set<string>();
    const groups = [...state.groups.values()].filter(({ externalId }) => externalId !== null);
    const group = groups[Math.floor(point * groups.length)];
    if (what === "revoke" && member.status !== REVOKED) {
      admin.revokeMember(member.id);
      this.revokedAt.set(member.id, performance.now());
    } else if (what === "restore" && member.status === REVOKED) {
      admin.restoreMember(member.id);
      this.revokedAt.delete(member.id);
    } else if (what === "remove") {
      admin.deleteMember(member.id);
      this.removed.add(person);
    } else if (what === "clear") {
      admin.editMember(member.id, { externalId: null });
    } else if (what === "promote" && point < 0.3) {
      admin.editMember(member.id, { type: 1 });
      this.promotedAt.set(person, performance.now());
    } else if ((what === "addTo" || what === "takeFrom") && group) {
      const rest = [...mine].filter((id) => id !== group.id);
      state.setMemberGroups(member.id, what === "addTo" ? [...rest, group.id] : rest);
      this.touched.add(group.externalId ?? "");
    } else {
      return;
    }
    this.touched.add(person);
    this.#chronicle.note(`by hand in Bitwarden: ${what} ${person}`, person, member.id);
  }

  /** To the address that the person has now. */
  #reinvite(person: string, point: number): void {
    const emails = this.#people
      .accounts(person)
      .flatMap(({ source, user }) => source.okta.state.users.get(user)?.profile.email ?? []);
    const email = emails[0];
    if (email === undefined) return;
    this.#bitwarden.admin.addMember({ email, status: point < 0.5 ? INVITED : CONFIRMED });
    this.removed.delete(person);
    this.reinvited.add(person);
    this.touched.add(person);
    this.#chronicle.note(`by hand in Bitwarden: invite ${person} again`, person);
  }

  #deleteGroup(random: Random): void {
    const groups = [...this.#bitwarden.state.groups.values()].filter(({ externalId }) => externalId !== null);
    if (groups.length < 3) return;
    const group = pick(random, groups);
    this.#bitwarden.admin.deleteGroup(group.id);
    this.deletedGroups.add(group.externalId ?? "");
    this.touched.add(group.externalId ?? "");
    this.#chronicle.note(`by hand in Bitwarden: delete group ${group.name}`);
  }
}
