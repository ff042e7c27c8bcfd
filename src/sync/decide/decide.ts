import type { Plan } from "../../domain/draft.ts";
import type { Live, Model, Subjects } from "../../domain/model.ts";
import { plan } from "../../domain/plan.ts";
import type { ResolvedHint } from "../../store/hints.ts";
import type { OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { loadModel } from "./load-model.ts";
import { assumedLive, readGroupMembers, readInvolved, readLists } from "./read-live.ts";
import { recordPlan } from "./record-plan.ts";
import { assumeOurs, loadTried } from "./unconfirmed.ts";
import { requireSupportedServer } from "../deliver/server-check.ts";

/** How many resolved subjects one decision takes. */
const BATCH = 500;

/** What was decided, and what of Bitwarden was read for it. */
export interface Decision {
  subjects: Subjects;
  model: Model;
  live: Live;
  /** False when Bitwarden was not asked: nothing differed from the ledger. */
  wasRead: boolean;
  plan: Plan;
  hints: ResolvedHint[];
  /** Members whose revocation we tried and did not read back: found revoked, they were revoked by us. */
  ours: Set<string>;
}

/** Decides what was read and not yet decided. False: there was nothing. */
export async function decideDue(connection: Connection): Promise<boolean> {
  const hints = await connection.hints.toDecide(connection.owner.connection, BATCH);
  if (hints.length === 0) return false;
  const all = hints.some((hint) => hint.kind === "all");
  const keys = (kind: string): Set<string> =>
    new Set(hints.filter((hint) => hint.kind === kind).map((hint) => hint.key));
  const asked = { all, users: keys("user"), groups: keys("group") };
  const { model, subjects } = await loadModel(connection.database.reader, connection.owner, asked);
  const tried = await loadTried(connection, subjects);
  const ours = assumeOurs(model, tried);
  const decision = all
    ? await decideAll(connection, model, subjects)
    : await decideSome(connection, model, subjects, tried);
  await recordPlan(connection, { ...decision, subjects, model, hints, ours });
  return true;
}

type Decided = Pick<Decision, "plan" | "live" | "wasRead">;

/**
 * Against the ledger first; Bitwarden is asked only when that finds something to do, or when something
 * was sent whose outcome the ledger does not know.
 */
async function decideSome(
  connection: Connection,
  model: Model,
  subjects: Subjects,
  tried: OperationRow[],
): Promise<Decided> {
  const assumed = assumedLive(model);
  const draft = planWith(connection, model, subjects, assumed);
  const involved = [...draft.operations, ...tried];
  if (involved.length === 0) return { plan: draft, live: assumed, wasRead: false };
  const live = await readInvolved(connection, model, involved);
  const found = planWith(connection, model, subjects, live);
  if (found.adoptedGroups.length === 0) return { plan: found, live, wasRead: true };
  // A group that is new to the ledger may have members already.
  const ids = found.adoptedGroups.map((group) => group.bwId);
  await readGroupMembers(connection, ids, live, "normal");
  return { plan: planWith(connection, model, subjects, live), live, wasRead: true };
}

/** Live lists always; members of groups where something differs, never seen before, or whose turn it is. */
async function decideAll(connection: Connection, model: Model, subjects: Subjects): Promise<Decided> {
  await requireSupportedServer(connection.bitwarden);
  const live = await readLists(connection);
  const draft = planWith(connection, model, subjects, live);
  const groups = new Map([...model.ledgerGroups.values(), ...draft.adoptedGroups].map((group) => [group.key, group]));
  const wanted = new Set(draft.operations.map((op) => op.object));
  const byAge = [...groups.values()].sort((a, b) => a.verifiedAt - b.verifiedAt);
  for (const group of byAge.filter((group) => group.verifiedAt === 0)) wanted.add(group.key);
  for (const group of byAge.slice(0, connection.rotation)) wanted.add(group.key);
  const ids = [...wanted].flatMap((key) => groups.get(key)?.bwId ?? []).filter((id) => live.groups.has(id));
  await readGroupMembers(connection, ids, live, "normal");
  return { plan: planWith(connection, model, subjects, live), live, wasRead: true };
}

function planWith(connection: Connection, model: Model, subjects: Subjects, live: Live): Plan {
  return plan({ subjects, model, live, options: connection.options, protected: connection.protected });
}
