import { isClaimed, isDisabled, isIncluded, type Source } from "./source.ts";

/**
 * A fact is a text: `claim/SOURCE/USER` (this directory lets the person take part), `disabled/SOURCE/USER`,
 * `group/SOURCE/GROUP` (takes part), `edge/SOURCE/USER/GROUP` (a claimed person in a group that takes part).
 */
export const fact = {
  claim: (source: string, user: string): string => `claim/${source}/${user}`,
  disabled: (source: string, user: string): string => `disabled/${source}/${user}`,
  group: (source: string, group: string): string => `group/${source}/${group}`,
  edge: (source: string, user: string, group: string): string => `edge/${source}/${user}/${group}`,
};

interface Moment {
  at: number;
  holds: boolean;
}

/** Which facts held when: computed from the emulators' own state, after every change of it. */
export class Truth {
  readonly #sources: readonly Source[];
  readonly #timelines = new Map<string, Moment[]>();

  /** What holds now has always held: the bridge has not read anything yet. */
  constructor(sources: readonly Source[]) {
    this.#sources = sources;
    this.#look(-Infinity);
  }

  /** To be called in the same tick as a change; answers the facts that it changed. */
  look(): string[] {
    return this.#look(performance.now());
  }

  holds(name: string): boolean {
    return this.#timelines.get(name)?.at(-1)?.holds === true;
  }

  /** Since when it has held without a break up to `at`; null: it does not hold then. */
  since(name: string, at: number): number | null {
    const last = this.#timelines.get(name)?.findLast((moment) => moment.at <= at);
    return last?.holds === true ? last.at : null;
  }

  /** Whether it ever held. */
  ever(name: string): boolean {
    return this.#timelines.get(name)?.some(({ holds }) => holds) === true;
  }

  /** All facts that hold or ever held. */
  facts(): string[] {
    return [...this.#timelines.keys()];
  }

  #look(at: number): string[] {
    const now = new Set<string>();
    for (const source of this.#sources) for (const name of factsOf(source)) now.add(name);
    const changed = [...now].filter((name) => !this.holds(name));
    for (const name of this.#timelines.keys()) if (!now.has(name) && this.holds(name)) changed.push(name);
    for (const name of changed) {
      const moment = { at, holds: now.has(name) };
      const timeline = this.#timelines.get(name);
      if (timeline) timeline.push(moment);
      else this.#timelines.set(name, [moment]);
    }
    return changed;
  }
}

function* factsOf(source: Source): Generator<string> {
  const { name, okta } = source;
  const claimed = new Set<string>();
  for (const user of okta.state.users.keys()) {
    if (isDisabled(source, user)) yield fact.disabled(name, user);
    if (!isClaimed(source, user)) continue;
    claimed.add(user);
    yield fact.claim(name, user);
  }
  for (const group of okta.state.groups.keys()) {
    if (!isIncluded(source, group)) continue;
    yield fact.group(name, group);
    for (const user of okta.state.members.usersOf(group)) if (claimed.has(user)) yield fact.edge(name, user, group);
  }
}
