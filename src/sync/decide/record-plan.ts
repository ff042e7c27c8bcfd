import { REVOKED } from "../../domain/bitwarden.ts";
import { addHints } from "../../store/add-hints.ts";
import { markDone } from "../../store/hints.ts";
import { appendJournal, type JournalEntry } from "../../store/journal.ts";
import { forget, saveGroupMembers, saveLedgerGroups, saveLedgerUsers, saveUserGroups } from "../../store/ledger.ts";
import { replaceNotices } from "../../store/notices.ts";
import { setScopeHash } from "../../store/state.ts";
import { transaction, type Sql } from "../../store/database.ts";
import type { Connection } from "../connection.ts";
import type { Decision } from "./decide.ts";
import { mergeOperations } from "./merge-operations.ts";

/** Writes a decision in one transaction: ledger, notices, operations, journal, and the hints it answers. */
export async function recordPlan(connection: Connection, decision: Decision): Promise<void> {
  const now = Date.now();
  const { owner, observer } = connection;
  const result = await transaction(connection.database, async (trx) => {
    await refreshLedger(trx, connection, decision, now);
    const merged = await mergeOperations(trx, connection, decision, now);
    const fresh = await replaceNotices(trx, owner, decision.subjects, decision.plan.notices, now);
    await nominate(trx, connection, decision, now);
    await appendJournal(trx, [...merged.journal, ...adoptionEntries(connection, decision)], now);
    if (decision.subjects.all) await setScopeHash(trx, owner.connection, connection.scopeHash);
    await markDone(trx, owner.connection, decision.hints);
    return { ...merged, fresh };
  });
  if (decision.plan.nominations.length > 0) connection.ringDirectory();
  for (const notice of result.fresh) observer.noticed(owner.organization, notice);
  for (const [hold, count] of result.holds) observer.held(owner.organization, hold, count);
  observer.decided(owner.organization, { ...result.counts, subjects: decision.hints.length });
}

/** What was read live becomes what the ledger knows; adopted objects become managed. */
async function refreshLedger(trx: Sql, connection: Connection, decision: Decision, now: number): Promise<void> {
  const { owner } = connection;
  const { plan, model, live, subjects, ours } = decision;
  await saveLedgerUsers(trx, owner, plan.adoptedUsers, now);
  await saveLedgerGroups(trx, owner, plan.adoptedGroups, now);
  for (const { kind, key } of plan.forgotten) await forget(trx, owner, kind, key);
  if (!decision.wasRead) return;
  // Only of subjects: of anybody else it is not known here whether a revocation of ours is under way.
  const asked = [...model.ledgerUsers.values()].filter(({ key }) => subjects.all || subjects.users.has(key));
  const changed = asked.flatMap((known) => {
    const member = live.members.get(known.bwId);
    if (!member) return [];
    const same = member.status === known.status && member.email === known.email && member.type === known.type;
    if (same && !ours.has(known.key)) return [];
    const { email, status, type } = member;
    return [{ ...known, email, status, type, revokedByUs: known.revokedByUs && status === REVOKED }];
  });
  await saveLedgerUsers(trx, owner, changed, now);
  const renamed = [...model.ledgerGroups.values()].flatMap((known) => {
    const name = live.groups.get(known.bwId)?.name;
    return name === undefined || name === known.name ? [] : [{ ...known, name }];
  });
  await saveLedgerGroups(trx, owner, renamed, now);
  await refreshMemberships(trx, connection, decision, now);
}

async function refreshMemberships(trx: Sql, connection: Connection, decision: Decision, now: number): Promise<void> {
  const { owner } = connection;
  const { plan, model, live } = decision;
  const users = new Map([...model.ledgerUsers.values(), ...plan.adoptedUsers].map((user) => [user.bwId, user.key]));
  const groups = new Map(
    [...model.ledgerGroups.values(), ...plan.adoptedGroups].map((group) => [group.bwId, group.key]),
  );
  const managed = (ids: Set<string>, keys: Map<string, string>): Set<string> =>
    new Set([...ids].flatMap((id) => keys.get(id) ?? []));
  for (const [groupId, ids] of live.memberIds) {
    const group = groups.get(groupId);
    if (group !== undefined) await saveGroupMembers(trx, owner, group, managed(ids, users), now);
  }
  for (const [memberId, ids] of live.groupIds) {
    const user = users.get(memberId);
    if (user !== undefined) await saveUserGroups(trx, owner, user, managed(ids, groups));
  }
}

/** Nothing is taken away on the word of a snapshot: these are read directly, then decided again. */
async function nominate(trx: Sql, connection: Connection, decision: Decision, now: number): Promise<void> {
  const { connection: name } = connection.owner;
  const hints = decision.plan.nominations.map(({ kind, key }) => ({
    subject: { connection: name, kind, key },
    via: null,
    urgent: true,
  }));
  await addHints(trx, hints, now);
}

function adoptionEntries(connection: Connection, decision: Decision): JournalEntry[] {
  const { organization, connection: name } = connection.owner;
  const { adoptedUsers, adoptedGroups } = decision.plan;
  const adopted = [
    ...adoptedUsers.map((user) => ({ kind: "user", key: user.key, bwId: user.bwId, label: user.email })),
    ...adoptedGroups.map((group) => ({ kind: "group", key: group.key, bwId: group.bwId, label: group.name })),
  ];
  return adopted.map(({ kind, key, bwId, label }) => ({
    organization,
    subject: `${name}/${kind}/${key}`,
    operation: null,
    step: "adopted",
    data: { label, bitwardenId: bwId, reason: "carries our external id already" },
  }));
}
