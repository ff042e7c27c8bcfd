import type { Knex } from "knex";
import type { DirectoryGroup, DirectoryUser, Edge } from "../../domain/directory.ts";
import type { Hint } from "../../domain/hint.ts";
import type { GroupRecord } from "../../domain/model.ts";
import { addHints, addNominated, addUndecided, type Nominated } from "../hints/add-hints.ts";
import { loadUsers, upsertRows, userRow, type ReadStamp } from "./directory-rows.ts";
import { compareMembers } from "./edge-rows.ts";

/**
 * What a changed group means to its people. `unconcerned`: groups do not decide who takes part. `hinted`: whoever may
 * be concerned is read by id. `nominated`: the same, by the snapshot that reads the group, so that its decision sees
 * all of them together.
 */
export type People = "unconcerned" | "hinted" | "nominated";

/** From so many people on, one snapshot costs less than a read for each. */
const SINGLE_READS_MAX = 5_000;

export interface GroupChange {
  /** Undefined: read for the first time. */
  before: GroupRecord | undefined;
  /** Null: gone. */
  after: DirectoryGroup | null;
  stored: Edge[];
  members: Edge[];
  /** Records of members that the directory sent along, judged as if each had been asked for. */
  users: DirectoryUser[];
}

/**
 * A group that decides who takes part has changed: the state of its old and new members is looked at again, at any
 * size. Records that came with the group are taken as they are where they say active; everybody else gets a read of
 * their own. Answers whom the caller, a snapshot, has to read.
 */
export async function hintPeople(
  trx: Knex,
  connection: string,
  change: GroupChange,
  people: People,
  stamp: ReadStamp,
): Promise<Nominated[]> {
  if (people === "unconcerned") return [];
  const sent = await takeRecords(trx, connection, change.users, stamp);
  const { edges, leaving } = concerned(change);
  const users = new Set(
    edges.filter(({ kind, key }) => kind === "user" && !sent.settled.has(key)).map(({ key }) => key),
  );
  for (const key of sent.doubtful) users.add(key);
  // Who is below a nested group is not known here.
  const nested = edges.some(({ kind }) => kind === "group");
  if (nested || users.size >= SINGLE_READS_MAX) {
    await addHints(trx, [{ subject: { connection, kind: "all", key: "" }, via: null, urgent: false }], Date.now());
    return [];
  }
  if (people === "nominated") {
    const subjects = [...users].map((key) => ({ kind: "user" as const, key }));
    return addNominated(trx, connection, subjects, Date.now());
  }
  const hints = [...users].map((key): Hint => ({
    subject: { connection, kind: "user", key },
    via: null,
    urgent: leaving.has(key),
  }));
  await addHints(trx, hints, Date.now());
  return [];
}

/** Everybody, when the group itself became another; otherwise whoever joined or left it. `leaving`: likely leavers. */
function concerned({ before, after, stored, members }: GroupChange): { edges: Edge[]; leaving: Set<string> } {
  const counted = before?.state === "active";
  const counts = after?.state === "active";
  if (!counted && !counts) return { edges: [], leaving: new Set() };
  const { added, removed } = compareMembers(stored, members);
  const leaving = new Set((counts ? removed : stored).map(({ key }) => key));
  const same = counted && counts && before.name === after.name && before.externalId === after.externalId;
  return { edges: same ? [...added, ...removed] : [...stored, ...added], leaving };
}

/**
 * Takes over what the directory said about members along with the list: who is active now, is active. `settled`: of
 * them nothing more has to be asked. `doubtful`: the record would take something away, so it is only a reason to read.
 */
async function takeRecords(
  trx: Knex,
  connection: string,
  sent: DirectoryUser[],
  stamp: ReadStamp,
): Promise<{ settled: Set<string>; doubtful: string[] }> {
  const known = await loadUsers(
    trx,
    connection,
    sent.map(({ key }) => key),
  );
  const isKnown = ({ key, state, email, externalId }: DirectoryUser): boolean => {
    const record = known.get(key);
    return record?.state === state && record.email === email && record.externalId === externalId;
  };
  const changed = sent.filter((user) => !isKnown(user) && (known.get(user.key)?.readNo ?? 0) < stamp.no);
  const active = changed.filter(({ state }) => state === "active");
  await upsertRows(
    trx,
    active.map((user) => userRow(connection, user, false, stamp)),
  );
  await addUndecided(
    trx,
    connection,
    active.map(({ key }) => ({ kind: "user" as const, key })),
    stamp.at,
  );
  const doubtful = changed.filter(({ state }) => state !== "active").map(({ key }) => key);
  const settled = new Set(sent.map(({ key }) => key));
  for (const key of doubtful) settled.delete(key);
  return { settled, doubtful };
}
