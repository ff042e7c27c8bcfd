import { BridgeError } from "../../domain/errors.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { poisonOf } from "../../domain/live/poison.ts";
import { loadLedgerUsers } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { joinersOf } from "../../store/operations/sending.ts";
import type { Organization } from "../organization.ts";
import { listGroups, listMembers } from "../live-lists.ts";
import { externalIdOf, readBackGroups } from "./read-back-groups.ts";
import { isStubborn, poisoned, recordsNamed } from "./refusals.ts";
import { attempt, failOperations, setAside, write } from "./outcome.ts";

/** A group that is to be created, and who is in it from the start. */
interface NewGroup {
  operation: OperationRow;
  /** Memberships that ride along: they are sent with the group and go back to where they waited when it fails. */
  joiners: OperationRow[];
  payload: { name: string; externalId: string; memberExternalIds: string[] };
  memberIds: string[];
}

/** Creates groups with the members who are managed already, by import, or one by one where an import cannot work. */
export async function createGroups(context: Organization, operations: OperationRow[]): Promise<void> {
  const slice = distinct(operations).slice(0, context.importSize.groups.count(Date.now()));
  await attempt(context, slice, async () => {
    const live = await listGroups(context, "normal");
    const members = await listMembers(context, "normal");
    const byExternalId = Map.groupBy(live, (group) => group.externalId);
    const countOf = (operation: OperationRow): number => byExternalId.get(externalIdOf(operation))?.length ?? 0;
    const [poison] = poisonOf(members, live);
    const doubled = slice.filter((operation) => countOf(operation) > 1);
    if (poison) context.observer.failure(context.name, poisoned(poison));
    const [pair] = poisonOf([], live);
    if (pair) await failOperations(context, doubled, poisoned(pair));
    const there = slice.filter((operation) => countOf(operation) === 1);
    if (there.length > 0) await readBackGroups(context, there, []);
    const users = await loadLedgerUsers(context.database.reader, context.name);
    const missing = slice.filter((operation) => countOf(operation) === 0);
    const groups = await withJoiners(context, missing, users);
    const stubborn = groups.filter(({ operation }) => isStubborn(operation));
    const fresh = groups.filter((group) => !stubborn.includes(group));
    if (poison) await createSingly(context, groups);
    else if (stubborn.length < groups.length) await importGroups(context, fitting(context, fresh));
    else await createSingly(context, stubborn);
  });
}

async function withJoiners(
  context: Organization,
  operations: OperationRow[],
  users: Map<string, LedgerUser>,
): Promise<NewGroup[]> {
  const keys = operations.map((operation) => operation.key);
  const joiners = await joinersOf(context.database.reader, context.name, keys);
  const byGroup = Map.groupBy(
    joiners.filter((joiner) => users.has(joiner.key)),
    (joiner) => joiner.object,
  );
  return operations.map((operation) => {
    const joining = byGroup.get(operation.key) ?? [];
    const people = joining.flatMap((joiner) => users.get(joiner.key) ?? []);
    const memberExternalIds = [...new Set(people.map((user) => user.externalId))];
    const payload = { name: operation.data.name ?? "", externalId: externalIdOf(operation), memberExternalIds };
    return { operation, joiners: joining, payload, memberIds: [...new Set(people.map((user) => user.bwId))] };
  });
}

/** As many groups as may go into one request; one that is too large by itself comes alone. */
function fitting(context: Organization, groups: NewGroup[]): NewGroup[] {
  let bytes = 0;
  const count = groups.findIndex(({ payload }) => {
    bytes += bytesOf(payload);
    return bytes > context.importSize.groups.bytes;
  });
  return count === -1 ? groups : groups.slice(0, Math.max(1, count));
}

async function importGroups(context: Organization, groups: NewGroup[]): Promise<void> {
  const size = context.importSize.groups;
  const bytes = groups.reduce((sum, { payload }) => sum + bytesOf(payload), 0);
  if (bytes > size.bytes) {
    await createSingly(context, groups);
    return;
  }
  const operations = groups.map(({ operation }) => operation);
  const riding = groups.flatMap(({ joiners }) => joiners);
  const startedAt = performance.now();
  let failure: BridgeError | undefined;
  try {
    await write(context, [...operations, ...riding], "POST import", () =>
      context.bitwarden.importDirectory({
        members: [],
        groups: groups.map(({ payload }) => payload),
        // Imports stay below the 2,000 from which the cloud wants to be told.
        largeImport: false,
        inviteUsersAfterProvisioning: true,
      }),
    );
    size.took(groups.length, performance.now() - startedAt);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) {
      await setAside(context, riding);
      throw thrown;
    }
    failure = thrown;
    if (failure.stillRunning) size.timedOut(groups.length);
    if (failure.code !== "BITWARDEN_UNKNOWN_OUTCOME") {
      await setAside(context, riding);
      await goRound(context, groups, failure, bytes);
      return;
    }
  }
  await readBackGroups(context, operations, riding, failure);
}

/** Nothing happened. A reason that is not the whole request's own leaves a way. */
async function goRound(context: Organization, groups: NewGroup[], refusal: BridgeError, bytes: number): Promise<void> {
  const operations = groups.map(({ operation }) => operation);
  const named = recordsNamed(refusal, "Groups", operations);
  if (named.length > 0) {
    await failOperations(context, named, refusal);
    await setAside(
      context,
      operations.filter((operation) => !named.includes(operation)),
    );
  } else if (refusal.status === 413 && context.importSize.groups.tooLarge(bytes)) {
    await setAside(context, operations);
  } else if (refusal.code === "BITWARDEN_NO_SEATS") {
    // An organization with more members than seats may import nothing, not even groups.
    await setAside(context, operations);
    await createSingly(context, groups);
  } else throw refusal;
}

/** Not idempotent, so each was looked for in the list of all groups right before. */
async function createSingly(context: Organization, groups: NewGroup[]): Promise<void> {
  for (const { operation, joiners, payload, memberIds } of groups) {
    const ended = await attempt(context, [operation], async () => {
      const { name, externalId } = payload;
      const { bitwarden } = context;
      try {
        const group = await write(context, [operation, ...joiners], "POST groups", () =>
          bitwarden.createGroup({ name, externalId }),
        );
        if (memberIds.length > 0) {
          // Whatever becomes of its members, that the group was created must be read back.
          const created = { ...operation, sentAt: Date.now() };
          await write(context, [created, ...joiners], "PUT group members", () =>
            bitwarden.setGroupMemberIds(group.id, memberIds, "normal"),
          );
        }
      } catch (thrown) {
        await setAside(context, joiners);
        throw thrown;
      }
      await readBackGroups(context, [operation], joiners);
    });
    if (ended !== "done") return;
  }
}

function distinct(operations: OperationRow[]): OperationRow[] {
  return [...new Map(operations.map((operation) => [externalIdOf(operation), operation])).values()];
}

function bytesOf(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload));
}
