import { descendants } from "../../domain/plan/closure.ts";
import { takesAway } from "../../domain/operation.ts";
import { claimsByPerson, reliesOn, type Known } from "../../domain/plan/relies.ts";
import { unqualified, type Subject } from "../../domain/subject.ts";
import { loadGroupEdges } from "../../store/directory/edge-rows.ts";
import { outdatedRemovals, type Span } from "../../store/operations/due.ts";
import { loadJoined } from "../../store/ledger/joined.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { unsettled } from "../../store/hints/unsettled.ts";
import { loadGroups, loadUsers } from "../../store/directory/directory-rows.ts";
import type { Organization } from "../organization.ts";

/** What takes something away is read again when its proof is older than this. */
const PROOF_MS = 5 * 60 * 1000;
/** Proofs renewed in one go. */
const RENEW = 500;
/** From so many people of one group on, the group is read instead of each of them. */
const GROUP_FROM = 20;

/**
 * When a proof must have been made to be believed at `now`: in the last minutes and by this process. One from the future
 * was made before the clock was set back, nobody knows how long ago.
 */
export function provenWithin(organization: Organization, now: number): Span {
  return { since: now - Math.min(PROOF_MS, organization.ageMs()), until: now };
}

/**
 * Those that may be sent now. What takes something away must rest on a recent read, and on subjects of which nothing
 * has been heard or read since: otherwise the decision that is coming may well be the opposite.
 */
export async function justified(organization: Organization, operations: OperationRow[]): Promise<OperationRow[]> {
  const { since, until } = provenWithin(organization, Date.now());
  const isOld = ({ provenAt }: OperationRow): boolean => provenAt < since || provenAt > until;
  const removals = operations.filter(({ type }) => takesAway(type));
  if (removals.length === 0) return operations;
  const waiting = await withUnsettled(organization, removals);
  const refused = new Set(removals.filter((op) => isOld(op) || waiting.has(op.id)).map(({ id }) => id));
  return operations.filter(({ id }) => !refused.has(id));
}

async function withUnsettled(organization: Organization, removals: OperationRow[]): Promise<Set<number>> {
  const { reader } = organization.database;
  const known = await loadKnown(organization, removals);
  const relied = new Map(removals.map((op) => [op.id, reliesOn(op, known)]));
  const all = [...relied.values()];
  const relies = {
    users: new Set(all.flatMap((one) => one.users)),
    groups: new Set(all.flatMap((one) => one.groups)),
  };
  const open = await unsettled(reader, relies);
  const waiting = new Set<number>();
  for (const [id, { users, groups }] of relied) {
    if (users.some((user) => open.users.has(user)) || groups.some((group) => open.groups.has(group))) waiting.add(id);
  }
  return waiting;
}

async function loadKnown({ name, sources, database }: Organization, removals: OperationRow[]): Promise<Known> {
  const people = new Set(removals.map(({ key }) => key));
  const claimsOf = claimsByPerson(await loadJoined(database.reader, name, people));
  const nested = removals.some(({ object }) => object !== "");
  const groupEdges = nested ? await loadGroupEdges(database.reader, sources.keys()) : new Map<string, string[]>();
  return { claimsOf, groupEdges, sources };
}

/** Has everything read again that is to be taken away and was proven too long ago; the next decision refreshes it. */
export async function renewProofs(organization: Organization): Promise<void> {
  const now = Date.now();
  const due = await unproven(organization, now);
  if (due.length === 0) return;
  const subjects = await subjectsBehind(organization, due);
  await organization.hints.add(
    subjects.map((subject) => ({ subject, via: null, urgent: true })),
    now,
  );
  for (const connection of new Set(subjects.map((subject) => subject.connection))) {
    organization.sources.get(connection)?.ringDirectory();
  }
}

/** The oldest that nobody is reading yet; those that wait for a read hide nobody behind them. */
async function unproven(organization: Organization, now: number): Promise<OperationRow[]> {
  const { reader } = organization.database;
  const proven = provenWithin(organization, now);
  for (let offset = 0; ; offset += RENEW) {
    const old = await outdatedRemovals(reader, organization.name, now, proven, { limit: RENEW, offset });
    if (old.length === 0) return [];
    const waiting = await withUnsettled(organization, old);
    const due = old.filter(({ id }) => !waiting.has(id));
    if (due.length > 0) return due;
  }
}

/** What has to be read so that the next decision proves these removals anew: at least one subject for each. */
export async function subjectsBehind(organization: Organization, removals: OperationRow[]): Promise<Subject[]> {
  const { database, name, sources } = organization;
  const claimsOf = claimsByPerson(await loadJoined(database.reader, name, new Set(removals.map(({ key }) => key))));
  const edges = await loadGroupEdges(database.reader, sources.keys());
  const subjects = new Map<string, Subject>();
  const add = (kind: "user" | "group", names: Iterable<string>): void => {
    for (const one of names) subjects.set(`${kind}/${one}`, { kind, ...unqualified(one) });
  };
  for (const [group, ofGroup] of Map.groupBy(removals, ({ object }) => object)) {
    if (group === "") {
      for (const { kind, key } of ofGroup) add(kind, kind === "group" ? [key] : claimsOf(key));
      continue;
    }
    const { connection, key } = unqualified(group);
    const claimsHere = ofGroup.flatMap((op) => claimsOf(op.key)).map(unqualified);
    const keys = claimsHere.filter((claim) => claim.connection === connection).map((claim) => claim.key);
    const users = await loadUsers(database.reader, connection, keys);
    const isActive = (await loadGroups(database.reader, connection, [key])).get(key)?.state === "active";
    const stateOf = (claim: string): string | undefined =>
      unqualified(claim).connection === connection ? users.get(unqualified(claim).key)?.state : undefined;
    // The list of the group answers for whoever is active, and for whom its directory does not know.
    const byList = ofGroup.filter((op) => {
      const states = claimsOf(op.key).flatMap((claim) => stateOf(claim) ?? []);
      return !isActive || states.length === 0 || (ofGroup.length >= GROUP_FROM && states.includes("active"));
    });
    if (byList.length > 0) add("group", isActive ? descendants([group], edges) : [group]);
    for (const op of ofGroup) if (!byList.includes(op)) add("user", claimsOf(op.key));
  }
  return [...subjects.values()].filter(({ connection }) => sources.has(connection));
}
