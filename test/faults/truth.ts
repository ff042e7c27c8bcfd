import { performance } from "node:perf_hooks";
import type { OktaEmulator } from "../fakes/okta/server.ts";
import { isActive } from "./changes.ts";

interface Moment {
  at: number;
  holds: boolean;
}

/**
 * What was true in the directory, and when: whether each person was active, and whether each
 * membership stood. A history of Bitwarden is explained by it, or it is not.
 */
export class Truth {
  readonly #okta: OktaEmulator;
  readonly #timelines = new Map<string, Moment[]>();

  constructor(okta: OktaEmulator) {
    this.#okta = okta;
    this.look();
  }

  /** To be called in the same tick as every change. */
  look(): void {
    const { users, groups, members } = this.#okta.state;
    const now = new Set<string>();
    for (const { id, status } of users.values()) if (isActive(status)) now.add(`user/${id}`);
    for (const group of groups.keys()) {
      now.add(`group/${group}`);
      for (const user of members.usersOf(group)) {
        // Okta lists the memberships of a deactivated person, the bridge passes over them.
        if (users.get(user)?.status !== "DEPROVISIONED") now.add(`edge/${user}/${group}`);
      }
    }
    const at = performance.now();
    for (const subject of now) this.#note(subject, true, at);
    for (const subject of this.#timelines.keys()) if (!now.has(subject)) this.#note(subject, false, at);
  }

  /** Whether it holds now. */
  holds(subject: string): boolean {
    return this.#timelines.get(subject)?.at(-1)?.holds === true;
  }

  /**
   * Whether a series of changes in Bitwarden (given, taken, given …) can be explained: for each there was
   * a moment before it, and not before the moment that explains the one before, in which the directory
   * said so. Answers the first change that cannot be explained, or null.
   */
  unexplained(subject: string, changes: readonly Moment[]): Moment | null {
    const timeline = this.#timelines.get(subject) ?? [];
    let from = 0;
    for (const change of changes) {
      while (from < timeline.length && timeline[from]?.holds !== change.holds) from += 1;
      const moment = timeline[from];
      // What never was in the directory counts as not holding from the beginning.
      if (moment === undefined && timeline.length === 0 && !change.holds) continue;
      if (moment === undefined || moment.at > change.at) return change;
    }
    return null;
  }

  #note(subject: string, holds: boolean, at: number): void {
    const timeline = this.#timelines.get(subject);
    if (timeline === undefined) this.#timelines.set(subject, [{ at, holds }]);
    else if (timeline.at(-1)?.holds !== holds) timeline.push({ at, holds });
  }
}
