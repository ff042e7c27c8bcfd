import { holdsSeat, type Member } from "../../domain/bitwarden.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { Poison } from "../../domain/live/poison.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { optionsOf, type Organization } from "../organization.ts";
import { listMembers } from "../live-lists.ts";
import { stillToDo } from "../../store/operations/sending.ts";
import { attempt, concernsEverybody, failOperations, goOn, idsOf, setAside, write } from "./outcome.ts";
import { personOf, readBackPeople } from "./read-back-people.ts";
import { isStubborn, poisoned, recordsNamed } from "./refusals.ts";
import { requireStagedUsers } from "../server-check.ts";

const SINGLY_AT_ONCE = 20;

/** What was seen before anybody is invited. */
interface Around {
  /** Everybody who is nowhere and waits for an invitation, also those whom this import does not carry. */
  waiting: OperationRow[];
  before: Member[];
  /** What would make the import fail. */
  poison: Poison[];
}

/** Invites people who are nowhere among the members: by one import, or one by one where an import cannot work. */
export async function invite(context: Organization, operations: OperationRow[], around: Around): Promise<void> {
  const [first] = operations;
  const [poison] = around.poison;
  if (!first) return;
  const mailed = optionsOf(context, first).inviteUsersAfterProvisioning;
  if (poison) context.observer.failure(context.name, poisoned(poison));
  // Single invitations are mailed at once, which the configuration may forbid.
  if (poison && !mailed) await failOperations(context, operations, poisoned(poison));
  else if (poison) await inviteSingly(context, operations, around);
  else {
    const stubborn = operations.filter((operation) => mailed && isStubborn(operation));
    const fresh = operations.filter((operation) => !stubborn.includes(operation));
    if (fresh.length > 0) await attempt(context, fresh, () => importPeople(context, fresh, around, mailed));
    else await inviteSingly(context, stubborn, around);
  }
}

async function importPeople(
  context: Organization,
  operations: OperationRow[],
  around: Around,
  mailed: boolean,
): Promise<void> {
  if (!mailed) await requireStagedUsers(context.bitwarden);
  const size = context.importSize.people;
  const members = operations.map(personOf);
  const startedAt = performance.now();
  let failure: BridgeError | undefined;
  try {
    await write(context, operations, "POST import", () =>
      context.bitwarden.importDirectory({
        members,
        groups: [],
        // Imports stay below the 2,000 from which the cloud wants to be told.
        largeImport: false,
        inviteUsersAfterProvisioning: mailed,
      }),
    );
    size.took(members.length, performance.now() - startedAt);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    failure = thrown;
    if (failure.code === "BITWARDEN_NO_SEATS") {
      await shareSeats(context, operations, around, failure);
      return;
    }
    const named = recordsNamed(failure, "Members", operations);
    if (named.length > 0) {
      await failOperations(context, named, failure);
      await setAside(
        context,
        operations.filter((operation) => !named.includes(operation)),
      );
      return;
    }
    if (failure.code !== "BITWARDEN_UNKNOWN_OUTCOME") throw failure;
    if (failure.stillRunning) size.timedOut(members.length);
  }
  await readBackPeople(context, operations, await listMembers(context, "normal"), failure);
}

/**
 * Bitwarden invites all of an import or nobody. Half as many are tried next, until it is clear how many fit; then
 * everybody else gets one answer with the numbers.
 */
async function shareSeats(
  context: Organization,
  operations: OperationRow[],
  { waiting, before }: Around,
  refusal: BridgeError,
): Promise<void> {
  if (context.importSize.people.noSeats(operations.length, Date.now())) await setAside(context, operations);
  else await failOperations(context, await stillWaiting(context, waiting), noSeats(waiting.length, before, refusal));
}

function noSeats(needed: number, members: Member[], refusal: BridgeError): BridgeError {
  const taken = members.filter(holdsSeat).length;
  const people = needed === 1 ? "1 person waits for a seat" : `${String(needed)} people wait for seats`;
  return new BridgeError({
    code: "BITWARDEN_NO_SEATS",
    side: "bitwarden",
    message: `${people} and none is free: ${String(taken)} members hold one. ${refusal.message}`,
    remedy: refusal.remedy,
    retry: "after",
    retryAfterMs: refusal.retryAfterMs ?? 60 * 60 * 1000,
    cause: refusal,
  });
}

/** Those of them that nothing has happened to in this turn. */
async function stillWaiting(context: Organization, operations: OperationRow[]): Promise<OperationRow[]> {
  return stillToDo(context.database.reader, context.name, idsOf(operations), Date.now());
}

/** Not idempotent, so each was looked for in the list of all members right before. */
async function inviteSingly(context: Organization, operations: OperationRow[], around: Around): Promise<void> {
  const sent: OperationRow[] = [];
  for (const operation of operations.slice(0, SINGLY_AT_ONCE)) {
    const ended = await attempt(context, [operation], async () => {
      await write(context, [operation], "POST members", () => context.bitwarden.inviteMember(personOf(operation)));
      sent.push(operation);
    });
    if (ended === "stopped") break;
    if (!concernsEverybody(ended)) continue;
    const others = (await stillWaiting(context, around.waiting)).filter(
      (other) => !sent.some(({ id }) => id === other.id),
    );
    const told = ended.code === "BITWARDEN_NO_SEATS" ? noSeats(others.length + 1, around.before, ended) : ended;
    await failOperations(context, [operation, ...others], told);
    break;
  }
  await attempt(context, sent, async () => {
    await goOn(context);
    await readBackPeople(context, sent, await listMembers(context, "normal"));
  });
}
