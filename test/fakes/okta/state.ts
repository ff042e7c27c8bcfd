import { Members } from "./members.ts";
import { generateCompany } from "./people.ts";
import { idFactory, seededRandom } from "./random.ts";
import type { LogEvent, OktaDump, OktaGroup, OktaUser, UserProfile, UserStatus } from "./types.ts";

/** Everything the org knows. Changed only through the admin back door; the API reads it. */
export class OktaState {
  readonly users = new Map<string, OktaUser>();
  readonly groups = new Map<string, OktaGroup>();
  readonly members = new Members();
  /** The System Log in order of persistence: position + 1 is the sequence number. */
  readonly logs: LogEvent[] = [];
  /** When each entry of `logs` was persisted, in epoch milliseconds. */
  readonly persistedAtMs: number[] = [];
  readonly newId: (prefix: string) => string;
  readonly everyoneId: string;
  readonly #idsByLogin = new Map<string, string>();

  constructor(options: { users: number; groups: number; seed: number; activeOnly: boolean }) {
    const random = seededRandom(options.seed);
    this.newId = idFactory(random);
    this.everyoneId = this.addGroup("Everyone", "BUILT_IN").id;
    const company = generateCompany(random, options.users, options.groups, options.activeOnly);
    const groupIds = new Map(company.groups.map((name) => [name, this.addGroup(name, "OKTA_GROUP").id]));
    for (const person of company.people) {
      const user = this.addUser(person.profile, person.status);
      for (const name of person.groups) {
        const groupId = groupIds.get(name);
        if (groupId !== undefined) this.members.add(groupId, user.id);
      }
    }
  }

  /** A new user, already in Everyone. Throws when the login is taken, as Okta refuses it. */
  addUser(profile: UserProfile, status: UserStatus): OktaUser {
    this.claimLogin(profile.login);
    const now = new Date().toISOString();
    const started = status !== "STAGED";
    const user: OktaUser = {
      id: this.newId("00u"),
      status,
      transitioningToStatus: null,
      created: now,
      activated: started ? now : null,
      statusChanged: now,
      lastLogin: null,
      lastUpdated: now,
      passwordChanged: started ? now : null,
      type: { id: "oty1c9nqkwT7VxQ8Y0h7" },
      profile,
    };
    this.users.set(user.id, user);
    this.#idsByLogin.set(profile.login.toLowerCase(), user.id);
    this.members.add(this.everyoneId, user.id);
    return user;
  }

  addGroup(name: string, type: OktaGroup["type"]): OktaGroup {
    if ([...this.groups.values()].some((group) => group.profile.name === name && group.type === type)) {
      throw new Error(`the org already has a group named ${name}`);
    }
    const now = new Date().toISOString();
    const group: OktaGroup = {
      id: this.newId("00g"),
      created: now,
      lastUpdated: now,
      lastMembershipUpdated: now,
      objectClass: ["okta:user_group"],
      type,
      profile: { name, description: type === "BUILT_IN" ? "All users in your organization" : null },
    };
    this.groups.set(group.id, group);
    return group;
  }

  claimLogin(login: string, ownerId?: string): void {
    const holder = this.#idsByLogin.get(login.toLowerCase());
    if (holder !== undefined && holder !== ownerId) throw new Error(`the login ${login} is taken by ${holder}`);
  }

  /** Replaces the profile and keeps the login index right. */
  setProfile(user: OktaUser, profile: UserProfile): void {
    this.claimLogin(profile.login, user.id);
    this.#idsByLogin.delete(user.profile.login.toLowerCase());
    this.#idsByLogin.set(profile.login.toLowerCase(), user.id);
    user.profile = profile;
  }

  /** By id or by login, as `/api/v1/users/{id}` takes both. */
  findUser(idOrLogin: string): OktaUser | undefined {
    return this.users.get(idOrLogin) ?? this.users.get(this.#idsByLogin.get(idOrLogin.toLowerCase()) ?? "");
  }

  dropUser(user: OktaUser): void {
    this.members.dropUser(user.id);
    this.users.delete(user.id);
    this.#idsByLogin.delete(user.profile.login.toLowerCase());
  }

  dropGroup(groupId: string): void {
    this.members.dropGroup(groupId);
    this.groups.delete(groupId);
  }

  dump(): OktaDump {
    return {
      users: [...this.users.values()].map(({ id, profile, status }) => ({ id, email: profile.email, status })),
      groups: [...this.groups.values()].map(({ id, profile }) => ({
        id,
        name: profile.name,
        members: [...this.members.usersOf(id)],
      })),
    };
  }
}
