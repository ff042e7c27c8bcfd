import type { Plan } from "../../domain/plan/draft.ts";
import type { LedgerUser, Live, Subjects } from "../../domain/model.ts";
import { plan } from "../../domain/plan/plan.ts";
import { qualified } from "../../domain/subject.ts";
import { noticesOf } from "../../store/ledger/notices.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import { connectionRow } from "../../store/state.ts";
import { requireSupportedServer } from "../server-check.ts";
import type { Organization } from "../organization.ts";
import type { DecidedHint, Decision } from "./decision.ts";
import { addManagedMembers, loadModel, type Loaded } from "./load-model.ts";
import { assumedLive, readGroupMembers, readInvolved, readLists } from "./read-live.ts";
import { recordPlan } from "./record-plan.ts";
import { assumeOurs, forgetRemoved, loadUnconfirmed } from "./unconfirmed.ts";

/** How many resolved subjects of one connection one decision takes. */
const BATCH = 500;

/** Decides what was read and not yet decided. False: there was nothing. */
export async function decideDue(organization: Organization): Promise<boolean> {
  const hints = await dueHints(organization);
  if (hints.length === 0) return false;
  const keys = (kind: string): Set<string> =>
    new Set(hints.filter((hint) => hint.kind === kind).map(({ connection, key }) => qualified(connection, key)));
  const asked = { all: hints.some((hint) => hint.kind === "all"), users: keys("user"), groups: keys("group") };
  const loaded = await loadModel(organization.database.reader, organization, asked);
  const unconfirmed = await loadUnconfirmed(organization, loaded.subjects);
  const ours = assumeOurs(loaded.model, unconfirmed);
  const decided = asked.all
    ? await decideAll(organization, loaded, unconfirmed)
    : await decideSome(organization, loaded, unconfirmed);
  const { model, subjects } = loaded;
  await recordPlan(organization, { ...decided, subjects, model, loaded, hints, ours });
  return true;
}

/** What every started connection has read since the last decision. */
async function dueHints(organization: Organization): Promise<DecidedHint[]> {
  const due: DecidedHint[] = [];
  for (const connection of organization.sources.keys()) {
    if ((await connectionRow(organization.database.reader, connection))?.started !== 1) continue;
    const hints = await organization.hints.toDecide(connection, BATCH);
    due.push(...hints.map((hint) => ({ ...hint, connection })));
  }
  return due;
}

type Decided = Pick<Decision, "plan" | "live" | "wasRead">;

/**
 * Against the ledger first; Bitwarden is asked only when that finds something to do, when it finds that something known
 * before is not so any more, or when something was sent whose outcome the ledger does not know.
 */
async function decideSome(organization: Organization, loaded: Loaded, unconfirmed: OperationRow[]): Promise<Decided> {
  const { model, subjects } = loaded;
  const assumed = assumedLive(model);
  const draft = planWith(organization, loaded, assumed);
  const ended = await endedNotices(organization, subjects, draft);
  const involved = [...draft.operations, ...unconfirmed];
  if (involved.length === 0 && !ended) return { plan: draft, live: assumed, wasRead: false };
  const live = await readInvolved(organization, model, involved, ended);
  const removed = forgetRemoved(model, unconfirmed, live);
  let found = planWith(organization, loaded, live);
  // A group that is new to the ledger may have members already.
  const adopted = found.adoptedGroups.map((group) => group.bwId);
  if (adopted.length > 0) await readGroupMembers(organization, adopted, live, "normal");
  const listed = [...live.memberIds.values()].flatMap((ids) => [...ids]);
  const widened = await addManagedMembers(organization.database.reader, organization, loaded, listed);
  for (const user of widened) assume(live, user);
  if (widened.length > 0 || adopted.length > 0) found = planWith(organization, loaded, live);
  return { plan: withForgotten(found, removed), live, wasRead: true };
}

/** A notice that rests on what Bitwarden said may only be taken back after asking Bitwarden again. */
async function endedNotices(organization: Organization, subjects: Subjects, draft: Plan): Promise<boolean> {
  const still = new Set(draft.notices.map(({ kind, key, code }) => `${kind} ${code} ${key}`));
  const known = await noticesOf(organization.database.reader, organization.name, subjects);
  return known.some(({ kind, key, code }) => !still.has(`${kind} ${code} ${key}`));
}

/** Whom a list of a group names is there, also when nobody asked for the member. */
function assume(live: Live, { bwId, email, externalId, status, type }: LedgerUser): void {
  if (!live.members.has(bwId)) live.members.set(bwId, { id: bwId, email, externalId, status, type });
}

/** Live lists always; members of groups where something differs, never seen before, or whose turn it is. */
async function decideAll(organization: Organization, loaded: Loaded, unconfirmed: OperationRow[]): Promise<Decided> {
  const { model } = loaded;
  await requireSupportedServer(organization.bitwarden);
  const live = await readLists(organization);
  const removed = forgetRemoved(model, unconfirmed, live);
  const draft = planWith(organization, loaded, live);
  const groups = new Map([...model.ledgerGroups.values(), ...draft.adoptedGroups].map((group) => [group.key, group]));
  const wanted = new Set([...draft.operations, ...unconfirmed].map((op) => op.object));
  const byAge = [...groups.values()].sort((a, b) => a.verifiedAt - b.verifiedAt);
  for (const group of byAge.filter((group) => group.verifiedAt === 0)) wanted.add(group.key);
  for (const group of byAge.slice(0, organization.rotation)) wanted.add(group.key);
  const ids = [...wanted].flatMap((key) => groups.get(key)?.bwId ?? []).filter((id) => live.groups.has(id));
  await readGroupMembers(organization, ids, live, "normal");
  return { plan: withForgotten(planWith(organization, loaded, live), removed), live, wasRead: true };
}

/** Nobody removed them by hand: we did, and the answer was lost. */
function withForgotten(plan: Plan, people: string[]): Plan {
  return { ...plan, forgotten: [...plan.forgotten, ...people.map((key) => ({ kind: "user" as const, key }))] };
}

function planWith(organization: Organization, { model, subjects }: Loaded, live: Live): Plan {
  return plan({ subjects, model, live, sources: organization.sources, protected: organization.protected });
}
