import type { Directory } from "../../directories/directory.ts";
import { toBridgeError, type BridgeError } from "../../domain/errors.ts";
import { mapLimit } from "../../lib/map-limit.ts";
import { storeError } from "../../store/database.ts";
import type { GroupStored } from "../../store/directory/directory-store.ts";
import { READ_LONGEST_MS } from "../../store/hints/hint-waits.ts";
import type { Attempted } from "../../store/hints/hints.ts";
import type { Connection } from "../connection.ts";

/** The first wait of a subject that could not be read; it doubles up to the longest, half of it jitter. */
const FIRST_WAIT_MS = 500;

/** HTTP 403, LDAP noSuchObject and insufficientAccessRights: the credentials are good, this one thing is refused. */
const REFUSED_FOR_ONE = new Set([403, 32, 50]);

/** Reads one user by id and stores the answer. False: a snapshot began meanwhile; read again. */
export async function readUser(
  connection: Connection,
  directory: Directory,
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { directoryStore, owner, options, observer } = connection;
  const stamp = directoryStore.beginRead();
  observer.directoryRead(owner.connection, "user");
  const read = await directory.readUser(key, signal);
  return directoryStore.storeUser(owner.connection, key, read, stamp, options.groups);
}

/**
 * Reads one group by id and stores the answer. `people`: what becomes of its people where groups decide who takes
 * part. Answers also whose records came along with the list.
 */
export async function readGroup(
  connection: Connection,
  directory: Directory,
  key: string,
  people: "hinted" | "nominated",
  signal: AbortSignal,
): Promise<GroupStored & { recorded: Set<string> }> {
  const { directoryStore, owner, observer } = connection;
  const stamp = directoryStore.beginRead();
  observer.directoryRead(owner.connection, "group");
  const read = await directory.readGroup(key, signal);
  const concern = directory.userStateDependsOnGroups ? people : "unconcerned";
  const result = await directoryStore.storeGroup(owner.connection, key, read, stamp, concern);
  const users = read.found ? (read.value.users ?? []) : [];
  return { ...result, recorded: new Set(users.map((user) => user.key)) };
}

/**
 * Reads subjects side by side. One that fails is put off with back-off and the others go on, until the directory itself
 * counts as down: then nothing more is asked, and the failure is thrown.
 */
export async function readEach<Subject extends Attempted>(
  connection: Connection,
  directory: Directory,
  subjects: Subject[],
  signal: AbortSignal,
  readOne: (subject: Subject) => Promise<void>,
): Promise<void> {
  const { outage } = connection;
  const met: { forAll?: BridgeError; last?: BridgeError } = {};
  await mapLimit(subjects, directory.concurrency, async (subject) => {
    if (met.forAll !== undefined || (met.last !== undefined && outage.isLikely)) return;
    try {
      await readOne(subject);
      outage.ended();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toBridgeError(storeError(thrown));
      if (concernsAll(error)) {
        met.forAll = error;
        return;
      }
      await putOff(connection, subject, error);
      if (!mayConcernAll(error)) return;
      outage.failed(`${subject.kind}/${subject.key}`);
      met.last = error;
    }
  });
  if (met.forAll !== undefined) throw met.forAll;
  if (met.last !== undefined && outage.isLikely) throw met.last;
}

/** Tries this subject again later, and says so. */
async function putOff(connection: Connection, subject: Attempted, error: BridgeError): Promise<void> {
  const name = connection.owner.connection;
  connection.observer.failure(`${name}/${subject.kind}/${subject.key}`, error);
  const ceiling = Math.min(READ_LONGEST_MS, FIRST_WAIT_MS * 2 ** Math.min(subject.attempts, 20));
  const dueAt = Date.now() + Math.round(ceiling * (1 - Math.random() / 2));
  await connection.hints.failed(name, subject, error.message, dueAt);
  connection.ringDirectory(dueAt);
}

/** Failures that every other subject would meet too. */
export function concernsAll(error: BridgeError): boolean {
  switch (error.code) {
    case "DIRECTORY_DENIED":
      return !REFUSED_FOR_ONE.has(error.status ?? 0);
    case "DIRECTORY_THROTTLED":
    case "CONFIG_INVALID":
    case "STORE_BUSY":
    case "STORE_FAILED":
      return true;
    default:
      return false;
  }
}

/** Failures of one subject that, met by several, are the directory's. Any other means that the directory answered. */
function mayConcernAll(error: BridgeError): boolean {
  return error.code === "DIRECTORY_UNREACHABLE" || error.code === "DIRECTORY_DENIED";
}
