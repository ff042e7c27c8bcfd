/** Direct reads by id: the only evidence on which the bridge takes anything away. */
import type { GroupRead, ReadResult, UserRead } from "../../domain/directory.ts";
import { matches } from "../../domain/scope.ts";
import type { Ask } from "./calls.ts";
import { incomplete, orNull } from "./errors.ts";
import { judgeGroup, judgeUser, type OktaScope } from "./judge.ts";
import { collect, type OktaReader } from "./reader.ts";
import { isDeprovisioned, type OktaGroup } from "./records.ts";

const NOT_FOUND = "Okta answered 404 (E0000007)";

/** The current state of a user and all groups that hold it; DEPROVISIONED counts as gone, as in Directory Connector. */
export async function readUser(
  reader: OktaReader,
  scope: OktaScope,
  key: string,
  ask: Ask,
): Promise<ReadResult<UserRead>> {
  const [user, groups, matchesQuery] = await Promise.all([
    orNull(reader.user(key, ask)),
    orNull(reader.groupsOf(key, ask)),
    reader.userMatches(scope.users.query, key, ask),
  ]);
  if (user === null) return { found: false, evidence: NOT_FOUND };
  if (user.id !== key) throw incomplete("Okta answered with another user", ask.subject);
  if (isDeprovisioned(user)) return { found: false, evidence: "Okta status DEPROVISIONED" };
  if (groups === null) throw incomplete("Okta knows the user but not the user's groups", ask.subject);
  const inKeptGroup = !scope.groupRule || (await isKept(reader, scope, groups, ask));
  return {
    found: true,
    value: { user: judgeUser(user, scope, { matchesQuery, inKeptGroup }), groups: groups.map(({ id }) => id) },
  };
}

/** The current state of a group; one that is out of scope comes without members, so that none are read for nothing. */
export async function readGroup(
  reader: OktaReader,
  scope: OktaScope,
  key: string,
  ask: Ask,
): Promise<ReadResult<GroupRead>> {
  const [record, matchesQuery] = await Promise.all([
    orNull(reader.group(key, ask)),
    reader.anyGroupMatches(scope.groups.query, [key], ask),
  ]);
  if (record === null) return { found: false, evidence: NOT_FOUND };
  if (record.id !== key) throw incomplete("Okta answered with another group", ask.subject);
  const group = judgeGroup(record, scope, matchesQuery);
  if (group.state === "out") return { found: true, value: { group, members: [] } };
  const unreadable: string[] = [];
  const records = await orNull(collect(reader.membersOf(key, ask), (id) => unreadable.push(id)));
  if (records === null) return { found: false, evidence: NOT_FOUND };
  const present = records.filter((user) => !isDeprovisioned(user));
  const members = [...present.map(({ id }) => id), ...unreadable].map((id) => ({ kind: "user", key: id }) as const);
  // The members' records cannot tell whether a provider query matches them.
  if (scope.users.query !== null) return { found: true, value: { group, members } };
  const facts = { matchesQuery: true, inKeptGroup: true };
  return { found: true, value: { group, members, users: present.map((user) => judgeUser(user, scope, facts)) } };
}

async function isKept(reader: OktaReader, scope: OktaScope, groups: OktaGroup[], ask: Ask): Promise<boolean> {
  const named = groups.filter((group) => matches(scope.groups, group.profile.name));
  return reader.anyGroupMatches(
    scope.groups.query,
    named.map(({ id }) => id),
    ask,
  );
}
