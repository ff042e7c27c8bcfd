import type { Sql } from "../../store/database.ts";
import { ancestors, descendants } from "../../domain/closure.ts";
import type { Model, Subjects } from "../../domain/model.ts";
import { loadDuplicateEmails, loadGroups, loadUsers } from "../../store/directory-rows.ts";
import { loadEdges } from "../../store/edge-rows.ts";
import {
  loadLedgerGroups,
  loadLedgerMembers,
  loadLedgerUsers,
  loadLedgerUsersLike,
  type Owner,
} from "../../store/ledger.ts";

/** The model, and the subjects widened to what they touch: ancestors of groups, newcomers in them. */
export interface Loaded {
  model: Model;
  subjects: Subjects;
}

export async function loadModel(db: Sql, owner: Owner, subjects: Subjects): Promise<Loaded> {
  return subjects.all ? { model: await loadAll(db, owner), subjects } : loadSome(db, owner, subjects);
}

async function loadAll(db: Sql, owner: Owner): Promise<Model> {
  return {
    users: await loadUsers(db, owner.connection),
    groups: await loadGroups(db, owner.connection),
    userEdges: await loadEdges(db, owner.connection, "user"),
    groupEdges: await loadEdges(db, owner.connection, "group"),
    ledgerUsers: await loadLedgerUsers(db, owner),
    ledgerGroups: await loadLedgerGroups(db, owner),
    ledgerMembers: await loadLedgerMembers(db, owner),
    duplicateEmails: await loadDuplicateEmails(db, owner.connection),
  };
}

async function loadSome(db: Sql, owner: Owner, asked: Subjects): Promise<Loaded> {
  const groupEdges = await loadEdges(db, owner.connection, "group");
  const groups = ancestors(asked.groups, groupEdges);
  const userEdges = await loadEdges(db, owner.connection, "user", { groups: descendants(groups, groupEdges) });
  const ledgerMembers = await loadLedgerMembers(db, owner, { groups });
  const keys = new Set(asked.users);
  for (const map of [userEdges, ledgerMembers]) {
    for (const users of map.values()) for (const user of users) keys.add(user);
  }
  const users = await loadUsers(db, owner.connection, keys);
  const ledgerUsers = await loadLedgerUsers(db, owner, keys);
  const subjectUsers = new Set(asked.users);
  for (const user of users.values()) {
    if (user.state === "active" && !ledgerUsers.has(user.key)) subjectUsers.add(user.key);
  }
  await loadPredecessors(db, owner, users, ledgerUsers, subjectUsers);
  merge(userEdges, await loadEdges(db, owner.connection, "user", { members: subjectUsers }));
  for (const [group, members] of await loadLedgerMembers(db, owner, { users: subjectUsers })) {
    ledgerMembers.set(group, members.union(ledgerMembers.get(group) ?? new Set()));
  }
  const model = {
    users,
    groups: await loadGroups(db, owner.connection),
    userEdges,
    groupEdges,
    ledgerUsers,
    ledgerGroups: await loadLedgerGroups(db, owner),
    ledgerMembers,
    duplicateEmails: await loadDuplicateEmails(db, owner.connection, emailsOf(users, subjectUsers)),
  };
  return { model, subjects: { all: false, users: subjectUsers, groups } };
}

/** Members whose external id or address a newcomer has: often the same person, deleted and created again. */
async function loadPredecessors(
  db: Sql,
  owner: Owner,
  users: Model["users"],
  ledgerUsers: Model["ledgerUsers"],
  subjects: Set<string>,
): Promise<void> {
  const unmanaged = [...subjects].filter((key) => !ledgerUsers.has(key));
  const externalIds = unmanaged.flatMap((key) => users.get(key)?.externalId ?? []);
  if (externalIds.length === 0) return;
  const predecessors = await loadLedgerUsersLike(db, owner, externalIds, emailsOf(users, new Set(unmanaged)));
  const records = await loadUsers(db, owner.connection, predecessors.keys());
  for (const [key, ledger] of predecessors) ledgerUsers.set(key, ledger);
  for (const [key, record] of records) users.set(key, record);
}

/** Groups already loaded whole keep their whole list. */
function merge(whole: Map<string, string[]>, partial: Map<string, string[]>): void {
  for (const [group, users] of partial) {
    if (!whole.has(group)) whole.set(group, users);
  }
}

function emailsOf(users: Model["users"], keys: Set<string>): string[] {
  return [...keys].flatMap((key) => users.get(key)?.email ?? []);
}
