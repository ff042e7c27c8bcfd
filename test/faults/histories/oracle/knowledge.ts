import type { HistoryEntry } from "../../../fakes/okta/handle.ts";
import type { Source } from "./source.ts";
import type { Standing } from "./justified.ts";

/** Requests of one read leave together; the second may wait for a place. */
const TOGETHER_MS = 3_000;
/** Beyond this a list has several pages, and whether all were read is not followed. */
const ONE_PAGE = 150;

/** What the bridge was told and what it read: `SOURCE/user/ID` and `SOURCE/group/ID`, seen from outside. */
export class Knowledge {
  readonly #hints = new Map<string, { sentAt: number; acknowledgedAt: number }[]>();

  acknowledged(subjects: Iterable<string>, sentAt: number): void {
    const acknowledgedAt = performance.now();
    for (const subject of subjects) {
      const known = this.#hints.get(subject);
      if (known) known.push({ sentAt, acknowledgedAt });
      else this.#hints.set(subject, [{ sentAt, acknowledgedAt }]);
    }
  }

  ofUser(source: Source, user: string): Omit<Standing, "since"> {
    return { hints: this.#hints.get(`${source.name}/user/${user}`) ?? [], reads: userReads(source, user) };
  }

  ofGroup(source: Source, group: string): Omit<Standing, "since"> {
    return { hints: this.#hints.get(`${source.name}/group/${group}`) ?? [], reads: groupReads(source, group) };
  }
}

/** A read of a person is their record and their groups, both answered. */
function userReads({ okta }: Source, user: string): Standing["reads"] {
  return pairs(okta.history, `/api/v1/users/${user}`, `/api/v1/users/${user}/groups`);
}

/** A read of a group is its record and its list of members, both answered, in one page. */
function groupReads({ okta }: Source, group: string): Standing["reads"] {
  if (okta.state.members.usersOf(group).length > ONE_PAGE) return [];
  return pairs(okta.history, `/api/v1/groups/${group}`, `/api/v1/groups/${group}/users`);
}

function pairs(history: readonly HistoryEntry[], first: string, second: string): Standing["reads"] {
  const answered = (path: string): { madeAt: number; endedAt: number }[] =>
    history.flatMap(({ path: one, status, madeAt, endedAt }) =>
      one === path && status === 200 && madeAt !== undefined && endedAt !== undefined ? [{ madeAt, endedAt }] : [],
    );
  const seconds = answered(second);
  return answered(first).flatMap((one) => {
    const other = seconds.find(({ madeAt }) => Math.abs(madeAt - one.madeAt) < TOGETHER_MS);
    if (!other) return [];
    return [{ madeAt: Math.min(one.madeAt, other.madeAt), endedAt: Math.max(one.endedAt, other.endedAt) }];
  });
}
