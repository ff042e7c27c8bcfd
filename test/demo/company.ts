import type { Stage } from "./stage.ts";
import { isActive } from "./compare.ts";

export interface Person {
  id: string;
  name: string;
  email: string;
}

export interface Team {
  id: string;
  name: string;
}

/** The emulated company as the story needs it: who is there, and what Bitwarden knows of them now. */
export class Company {
  readonly #stage: Stage;
  readonly #cast = new Set<string>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Active people who have played no part yet, in the order of their arrival. */
  cast(count: number, fits: (person: Person) => boolean = () => true): Person[] {
    const people: Person[] = [];
    for (const { id, status, profile } of this.#stage.okta.state.users.values()) {
      const person = { id, name: `${profile.firstName} ${profile.lastName}`, email: profile.email };
      if (people.length === count) break;
      if (status !== "ACTIVE" || this.#cast.has(id) || !fits(person)) continue;
      people.push(person);
    }
    for (const { id } of people) this.#cast.add(id);
    return people;
  }

  /** One such person, who is in at least one group beside Everyone. */
  castMember(): Person {
    const [person] = this.cast(1, ({ id }) => this.teamsOf(id).length > 0);
    if (person === undefined) throw new Error("the company has nobody left who is in a group");
    return person;
  }

  /** All groups beside Everyone, the smallest first. */
  teams(): Team[] {
    const { groups, members, everyoneId } = this.#stage.okta.state;
    return [...groups.values()]
      .filter(({ id }) => id !== everyoneId)
      .map(({ id, profile }) => ({ id, name: profile.name }))
      .sort((a, b) => members.usersOf(a.id).length - members.usersOf(b.id).length);
  }

  teamsOf(userId: string): Team[] {
    return this.teams().filter(({ id }) => this.#stage.okta.state.members.has(id, userId));
  }

  teamNamed(name: string): Team {
    const team = this.teams().find((one) => one.name === name);
    if (team === undefined) throw new Error(`the company has no group ${name}`);
    return team;
  }

  activeCount(): number {
    return [...this.#stage.okta.state.users.values()].filter(({ status }) => isActive(status)).length;
  }

  /** Whether Bitwarden has the person as a member who is not revoked. */
  isMember(userId: string): boolean {
    const member = this.#stage.bitwarden.state.membersByExternalId.first(userId);
    return member !== undefined && member.status >= 0;
  }

  /** Whether Bitwarden has the person in the group. */
  isIn(userId: string, groupId: string): boolean {
    const { state } = this.#stage.bitwarden;
    const member = state.membersByExternalId.first(userId);
    const group = state.groupsByExternalId.first(groupId);
    return member !== undefined && group !== undefined && state.groupMembers.get(group.id)?.has(member.id) === true;
  }

  /** The group's name in Bitwarden. */
  nameInBitwarden(groupId: string): string | undefined {
    return this.#stage.bitwarden.state.groupsByExternalId.first(groupId)?.name;
  }
}
