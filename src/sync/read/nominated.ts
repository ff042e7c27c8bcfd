import { setTimeout } from "node:timers/promises";
import type { Directory } from "../../directories/directory.ts";
import { BridgeError, toBridgeError } from "../../domain/errors.ts";
import type { FreshSubject, Nominated } from "../../store/hints/add-hints.ts";
import type { Connection } from "../connection.ts";
import { readEach, readGroup, readUser } from "./direct.ts";

/** So many are named; the others are counted. */
const NAMED = 3;

/** What came of the direct reads that a snapshot asked for. */
export interface NominatedReads {
  /** Read and stored: they wait for the decision about the whole directory. */
  read: Nominated[];
  /** The others, in one error; null: there are none. They stay dirty and are read again by themselves. */
  error: BridgeError | null;
}

/**
 * Reads by id whatever a snapshot would take away. One decision must see all leavers of a reconciliation together, so
 * they are read before it and stay undecided until then. Groups first: where they decide who takes part, their reads
 * name people too. When the directory goes away meanwhile, nobody else is asked.
 */
export async function readNominated(
  connection: Connection,
  directory: Directory,
  subjects: { users: Set<string>; groups: Set<string> },
  signal: AbortSignal,
): Promise<NominatedReads> {
  const { hints } = connection;
  const name = connection.owner.connection;
  const nominate = (kind: FreshSubject["kind"], keys: Set<string>): Promise<Nominated[]> =>
    hints.nominate(
      name,
      [...keys].map((key) => ({ kind, key })),
      Date.now(),
    );
  const groups = await nominate("group", subjects.groups);
  const users = new Map((await nominate("user", subjects.users)).map((user) => [user.key, user]));
  if (groups.length > 0 && directory.settleMs !== undefined) {
    await setTimeout(directory.settleMs, undefined, { signal });
  }
  const read: Nominated[] = [];
  const done = (subject: Nominated): void => {
    read.push(subject);
    connection.observer.progress(name, "direct reads", { read: read.length, of: groups.length + users.size });
  };
  let cause: BridgeError | null = null;
  try {
    await readEach(connection, directory, groups, signal, async (group) => {
      const { stored, nominated } = await readGroup(connection, directory, group.key, "nominated", signal);
      for (const user of nominated) if (user.kind === "user") users.set(user.key, user);
      if (stored) done(group);
    });
    await readEach(connection, directory, [...users.values()], signal, async (user) => {
      if (await readUser(connection, directory, user.key, signal)) done(user);
    });
  } catch (thrown) {
    signal.throwIfAborted();
    cause = toBridgeError(thrown);
    if (cause.side !== "directory") throw cause;
    connection.outage.declare(cause.retryAfterMs);
  }
  const isRead = new Set(read);
  const unread = [...groups, ...users.values()].filter((subject) => !isRead.has(subject));
  return { read, error: unread.length === 0 ? null : incomplete(name, unread, groups.length + users.size, cause) };
}

function incomplete(connection: string, unread: Nominated[], of: number, cause: BridgeError | null): BridgeError {
  const names = unread.slice(0, NAMED).map(({ kind, key }) => `${kind}/${key}`);
  const more = unread.length > NAMED ? ` and ${String(unread.length - NAMED)} more` : "";
  const why = cause === null ? "" : `: ${cause.message}`;
  return new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    subject: connection,
    message: `${String(unread.length)} of ${String(of)} direct reads failed (${names.join(", ")}${more})${why}`,
    remedy: "They are read again by themselves; nothing is taken from them before. `bwbridge status` says why.",
    retry: "later",
    ...(cause === null ? {} : { cause }),
  });
}
