import { holdsSeat, type Member } from "../../domain/bitwarden.ts";
import { BridgeError, toBridgeError } from "../../domain/errors.ts";
import type { Poison } from "../../domain/poison.ts";
import type { OperationRow } from "../../store/operations.ts";
import { optionsOf, type Organization } from "../organization.ts";
import { listMembers } from "../live-lists.ts";
import { attempt, concernsEverybody, failOperations, goOn, setAside, write } from "./outcome.ts";
import { personOf, readBackPeople } from "./people.ts";

/** An import that fails so often without a reason is gone round: each person then gets an answer of their own. */
const SINGLY_FROM_ATTEMPT = 2;
const SINGLY_AT_ONCE = 20;
/** Bitwarden's cloud refuses more in one import unless `largeImport` is set. */
const LARGE_FROM = 2_000;

/** What was seen before anybody is invited. */
interface Around {
  /** Everybody who waits, also those whom this import does not carry. */
  waiting: OperationRow[];
  before: Member[];
  /** What would make the import fail. */
  poison: Poison[];
}

/** Invites people who are nowhere among the members: by one import, or one by one where an import cannot work. */
export async function invite(context: Organization, operations: OperationRow[], around: Around): Promise<void> {
  const [poison] = around.poison;
  const staged = operations.some((operation) => !optionsOf(context, operation).inviteUsersAfterProvisioning);
  if (poison && staged) {
    // Single invitations are mailed at once, which the configuration forbids.
    await failOperations(context, operations, poisoned(poison));
  } else if (poison) {
    if (operations.length > 0) context.observer.failure(context.name, poisoned(poison));
    await inviteSingly(context, operations, around);
  } else {
    const stubborn = staged ? [] : operations.filter((operation) => operation.attempts >= SINGLY_FROM_ATTEMPT);
    const fresh = operations.filter((operation) => !stubborn.includes(operation));
    if (fresh.length > 0) await attempt(context, fresh, () => importPeople(context, fresh, around));
    else await inviteSingly(context, stubborn, around);
  }
}

async function importPeople(context: Organization, operations: OperationRow[], around: Around): Promise<void> {
  await goOn(context);
  const size = context.importSize.people;
  const members = operations.map(personOf);
  const startedAt = performance.now();
  let failure: BridgeError | undefined;
  try {
    await write(context, operations, "POST import", () =>
      context.bitwarden.importDirectory({
        members,
        groups: [],
        largeImport: operations.every((one) => optionsOf(context, one).largeImport) && members.length > LARGE_FROM,
        inviteUsersAfterProvisioning: operations.every((one) => optionsOf(context, one).inviteUsersAfterProvisioning),
      }),
    );
    size.took(members.length, performance.now() - startedAt);
  } catch (thrown) {
    failure = toBridgeError(thrown);
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
  else await failOperations(context, waiting, noSeats(waiting.length, before, refusal));
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

/** Not idempotent, so each was looked for in the list of all members right before. */
async function inviteSingly(context: Organization, operations: OperationRow[], around: Around): Promise<void> {
  const sent: OperationRow[] = [];
  for (const operation of operations.slice(0, SINGLY_AT_ONCE)) {
    const ended = await attempt(context, [operation], async () => {
      await goOn(context);
      await write(context, [operation], "POST members", () => context.bitwarden.inviteMember(personOf(operation)));
      sent.push(operation);
    });
    if (ended === "stopped") break;
    if (!concernsEverybody(ended)) continue;
    const others = around.waiting.filter((other) => other !== operation && !sent.includes(other));
    const told = ended.code === "BITWARDEN_NO_SEATS" ? noSeats(others.length + 1, around.before, ended) : ended;
    await failOperations(context, [operation, ...others], told);
    break;
  }
  await attempt(context, sent, async () => {
    await goOn(context);
    await readBackPeople(context, sent, await listMembers(context, "normal"));
  });
}

/** The operations whose records the answer names by their place in the request, e.g. `Members[3].Email`. */
export function recordsNamed(
  error: BridgeError,
  list: "Members" | "Groups",
  operations: OperationRow[],
): OperationRow[] {
  const places = Object.keys(error.details ?? {}).flatMap((key) => {
    const place = new RegExp(`^(?:\\$\\.)?${list}\\[(\\d+)\\]`, "i").exec(key)?.[1];
    return place === undefined ? [] : [Number(place)];
  });
  return [...new Set(places)].flatMap((place) => operations[place] ?? []);
}

/** Why imports cannot work, and what to do about it. */
export function poisoned({ what, remedy }: Poison): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    message: `every import fails: ${what}`,
    remedy: `${remedy} Then run \`bwbridge sync\`.`,
    retry: "after",
    retryAfterMs: 60 * 60 * 1000,
  });
}
