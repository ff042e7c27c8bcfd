import { takesAway } from "../../domain/operation.ts";
import { claimsByPerson, reliesOn, type Known } from "../../domain/plan/relies.ts";
import { unqualified, type Subject } from "../../domain/subject.ts";
import { loadGroupEdges } from "../../store/directory/edge-rows.ts";
import { outdatedRemovals } from "../../store/operations/due.ts";
import { loadJoined } from "../../store/ledger/joined.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { unsettled } from "../../store/hints/unsettled.ts";
import type { Organization } from "../organization.ts";

/** What takes something away is read again when its proof is older than this. */
const PROOF_MS = 5 * 60 * 1000;
/** Looked through for what can be read again: those that wait for a read already must not hide the others. */
const LOOK_AT = 20_000;
/** Proofs renewed in one go. */
const RENEW = 500;
/** From so many people of one group on, the group is read instead of each of them. */
const GROUP_FROM = 20;

/** Epoch ms: what was proven before that, or before this process began, is read again before it is sent. */
export function provenSince({ startedAt }: Organization, now: number): number {
  return Math.max(startedAt, now - PROOF_MS);
}

/**
 * Those that may be sent now. What takes something away must rest on a recent read, and on subjects of which nothing
 * has been heard or read since: otherwise the decision that is coming may well be the opposite.
 */
export async function justified(organization: Organization, operations: OperationRow[]): Promise<OperationRow[]> {
  const since = provenSince(organization, Date.now());
  const removals = operations.filter(({ type }) => takesAway(type));
  if (removals.length === 0) return operations;
  const waiting = await withUnsettled(organization, removals);
  const refused = new Set(removals.filter((op) => op.provenAt < since || waiting.has(op.id)).map(({ id }) => id));
  return operations.filter(({ id }) => !refused.has(id));
}

async function withUnsettled(organization: Organization, removals: OperationRow[]): Promise<Set<number>> {
  const { reader } = organization.database;
  const known = await loadKnown(organization, removals);
  const relied = new Map(removals.map((op) => [op.id, reliesOn(op, known)]));
  const all = [...relied.values()];
  const open = await unsettled(reader, {
    users: new Set(all.flatMap((one) => one.users)),
    groups: new Set(all.flatMap((one) => one.groups)),
  });
  const waiting = new Set<number>();
  for (const [id, { users, groups }] of relied) {
    if (users.some((user) => open.users.has(user)) || groups.some((group) => open.groups.has(group))) waiting.add(id);
  }
  return waiting;
}

async function loadKnown({ name, sources, database }: Organization, removals: OperationRow[]): Promise<Known> {
  const claimsOf = claimsByPerson(await loadJoined(database.reader, name));
  const nested = removals.some(({ object }) => object !== "");
  const groupEdges = nested ? await loadGroupEdges(database.reader, sources.keys()) : new Map<string, string[]>();
  return { claimsOf, groupEdges, sources };
}

/** Has everything read again that is to be taken away and was proven too long ago; the next decision refreshes it. */
export async function renewProofs(organization: Organization): Promise<void> {
  const now = Date.now();
  const { reader } = organization.database;
  const old = await outdatedRemovals(reader, organization.name, now, provenSince(organization, now), LOOK_AT);
  if (old.length === 0) return;
  const waiting = await withUnsettled(organization, old);
  const due = old.filter(({ id }) => !waiting.has(id)).slice(0, RENEW);
  if (due.length === 0) return;
  const subjects = subjectsToRead(due, await loadKnown(organization, due)).filter(({ connection }) =>
    organization.sources.has(connection),
  );
  await organization.hints.add(
    subjects.map((subject) => ({ subject, via: null, urgent: true })),
    now,
  );
  for (const connection of new Set(subjects.map((subject) => subject.connection))) {
    organization.sources.get(connection)?.ringDirectory();
  }
}

function subjectsToRead(operations: OperationRow[], known: Known): Subject[] {
  const names = new Map<string, Subject>();
  const add = (kind: "user" | "group", name: string): void => {
    names.set(`${kind}/${name}`, { kind, ...unqualified(name) });
  };
  for (const [object, ofGroup] of Map.groupBy(operations, (op) => op.object)) {
    if (object !== "" && ofGroup.length >= GROUP_FROM) add("group", object);
    else {
      for (const op of ofGroup) {
        const { users } = reliesOn(op, known);
        if (op.kind === "group") add("group", op.key);
        // In a group of a connection that does not know them: the list of the group is the proof.
        else if (users.length === 0 && object !== "") add("group", object);
        for (const claim of users) add("user", claim);
      }
    }
  }
  return [...names.values()];
}
