import { REVOKED } from "../../domain/bitwarden.ts";
import { toBeAdopted, type Notice } from "../../domain/notices.ts";
import { subjectName, unqualified } from "../../domain/subject.ts";
import { addHints } from "../../store/hints/add-hints.ts";
import { markDone } from "../../store/hints/hints.ts";
import { saveJoined } from "../../store/ledger/joined.ts";
import { appendJournal, type JournalEntry } from "../../store/journal.ts";
import {
  forget,
  saveGroupMembers,
  saveLedgerGroups,
  saveLedgerUsers,
  saveUserGroups,
} from "../../store/ledger/ledger.ts";
import { replaceNotices } from "../../store/ledger/notices.ts";
import { promoteWaiting } from "../../store/operations/operations.ts";
import { organizationRow, settleScopeHash } from "../../store/state.ts";
import { transaction, type Sql } from "../../store/database.ts";
import type { Organization } from "../organization.ts";
import type { Decision } from "./decision.ts";
import { mergeOperations } from "./merge-operations.ts";

/** Writes a decision in one transaction: ledger, notices, operations, journal, and the hints it answers. */
export async function recordPlan(organization: Organization, decision: Decision): Promise<void> {
  const now = Date.now();
  const { name, observer, sources } = organization;
  const byConnection = Map.groupBy(decision.hints, ({ connection }) => connection);
  const result = await transaction(organization.database, async (trx) => {
    const joins = new Map([...decision.loaded.newJoins, ...decision.plan.joins]);
    await saveJoined(trx, name, joins);
    // Before the merge, which looks at what is still open: hints that came since this decision began.
    for (const [connection, hints] of byConnection) await markDone(trx, connection, hints);
    const adopts = await mayAdopt(trx, organization);
    await refreshLedger(trx, organization, decision, adopts, now);
    const merged = await mergeOperations(trx, organization, decision, now);
    const notices = [...decision.plan.notices, ...(adopts ? [] : adoptionNotices(decision))];
    const fresh = await replaceNotices(trx, name, decision.subjects, notices, now);
    await askAgain(trx, decision, now);
    await appendJournal(trx, [...merged.journal, ...(adopts ? adoptionEntries(name, decision) : [])], now);
    for (const { connection, kind } of decision.hints) if (kind === "all") await settleScopeHash(trx, connection);
    await promoteWaiting(trx, name);
    return { ...merged, fresh };
  });
  const asked = [...decision.plan.nominations.map(({ connection }) => connection), ...joinedConnections(decision)];
  for (const connection of new Set(asked)) sources.get(connection)?.ringDirectory();
  for (const notice of result.fresh) observer.noticed(name, notice);
  for (const [hold, count] of result.holds) observer.held(name, hold, count);
  observer.decided(name, { ...result.counts, subjects: decision.hints.length });
}

/** What is adopted becomes managed, so the first plan must have been approved; until then it is only shown. */
async function mayAdopt(trx: Sql, { name, firstRun }: Organization): Promise<boolean> {
  return firstRun === "apply" || (await organizationRow(trx, name)).first_run_approved_at !== null;
}

/** What was read live becomes what the ledger knows; adopted objects become managed. */
async function refreshLedger(
  trx: Sql,
  organization: Organization,
  decision: Decision,
  adopts: boolean,
  now: number,
): Promise<void> {
  const { name } = organization;
  const { plan, model, live, subjects, ours } = decision;
  if (adopts) {
    await saveLedgerUsers(trx, name, plan.adoptedUsers, now);
    await saveLedgerGroups(trx, name, plan.adoptedGroups, now);
  }
  for (const { kind, key } of plan.forgotten) await forget(trx, name, kind, key);
  if (!decision.wasRead) return;
  const replaced = new Set(plan.adoptedUsers.map(({ key }) => key));
  // Only of subjects: of anybody else it is not known here whether a revocation of ours is under way.
  const asked = [...model.ledgerUsers.values()].filter(
    ({ key }) => !replaced.has(key) && (subjects.all || subjects.users.has(key)),
  );
  const changed = asked.flatMap((known) => {
    const member = live.members.get(known.bwId);
    if (!member) return [];
    const same = member.status === known.status && member.email === known.email && member.type === known.type;
    if (same && !ours.has(known.key)) return [];
    const { email, status, type } = member;
    return [{ ...known, email, status, type, revokedByUs: known.revokedByUs && status === REVOKED }];
  });
  await saveLedgerUsers(trx, name, changed, now);
  const taken = new Set(plan.adoptedGroups.map(({ bwId }) => bwId));
  const renamed = [...model.ledgerGroups.values()].flatMap((known) => {
    if (taken.has(known.bwId)) return [];
    const liveName = live.groups.get(known.bwId)?.name;
    return liveName === undefined || liveName === known.name ? [] : [{ ...known, name: liveName }];
  });
  await saveLedgerGroups(trx, name, renamed, now);
  await refreshMemberships(trx, name, decision, adopts, now);
}

async function refreshMemberships(
  trx: Sql,
  organization: string,
  { plan, model, live }: Decision,
  adopts: boolean,
  now: number,
): Promise<void> {
  const adoptedUsers = adopts ? plan.adoptedUsers : [];
  const adoptedGroups = adopts ? plan.adoptedGroups : [];
  const users = new Map([...model.ledgerUsers.values(), ...adoptedUsers].map((user) => [user.bwId, user.key]));
  const groups = new Map([...model.ledgerGroups.values(), ...adoptedGroups].map((group) => [group.bwId, group.key]));
  const managed = (ids: Set<string>, keys: Map<string, string>): Set<string> =>
    new Set([...ids].flatMap((id) => keys.get(id) ?? []));
  for (const [groupId, ids] of live.memberIds) {
    const group = groups.get(groupId);
    if (group !== undefined) await saveGroupMembers(trx, organization, group, managed(ids, users), now);
  }
  for (const [memberId, ids] of live.groupIds) {
    const user = users.get(memberId);
    if (user !== undefined) await saveUserGroups(trx, organization, user, managed(ids, groups));
  }
}

/** Whatever a snapshot alone says ended is read directly; who turned out to be somebody known is decided once more. */
async function askAgain(trx: Sql, { plan }: Decision, now: number): Promise<void> {
  const joined = [...plan.joins.keys()].map((name) => ({ ...unqualified(name), kind: "user" as const }));
  const hints = [...plan.nominations, ...joined].map((subject) => ({ subject, via: null, urgent: true }));
  await addHints(trx, hints, now);
}

function joinedConnections({ plan }: Decision): string[] {
  return [...plan.joins.keys()].map((name) => unqualified(name).connection);
}

/** The first plan says whom the bridge would manage without a write: that is approved with it. */
function adoptionNotices({ plan }: Decision): Notice[] {
  return [
    ...plan.adoptedUsers.map(({ key, email }) => ({ kind: "user" as const, key, label: email, ...toBeAdopted })),
    ...plan.adoptedGroups.map(({ key, name }) => ({ kind: "group" as const, key, label: name, ...toBeAdopted })),
  ];
}

function adoptionEntries(organization: string, { plan }: Decision): JournalEntry[] {
  const adopted = [
    ...plan.adoptedUsers.map((user) => ({ kind: "user" as const, key: user.key, bwId: user.bwId, label: user.email })),
    ...plan.adoptedGroups.map((one) => ({ kind: "group" as const, key: one.key, bwId: one.bwId, label: one.name })),
  ];
  return adopted.map(({ kind, key, bwId, label }) => ({
    organization,
    subject: subjectName({ kind, ...unqualified(key) }),
    operation: null,
    step: "adopted",
    data: { label, bitwardenId: bwId, reason: "carries our external id already" },
  }));
}
