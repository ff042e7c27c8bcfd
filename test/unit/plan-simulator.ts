import type { Plan, PlanInput } from "../../src/domain/plan/draft.ts";
import type { Model, UserRecord } from "../../src/domain/model.ts";
import type { OperationType, PlannedOperation } from "../../src/domain/operation.ts";
import { qualified } from "../../src/domain/subject.ts";

/** The order in which the bridge sends. */
const ORDER: OperationType[][] = [
  ["member.revoke", "member.remove"],
  ["membership.remove"],
  ["group.rename", "group.link", "group.delete"],
  ["member.link", "member.invite"],
  ["group.create"],
  ["membership.add"],
  ["member.restore"],
];

/** Applies a plan to Bitwarden and ledger as the bridge would, in place. Nominated subjects become confirmed. */
export function applyPlan(plan: Plan, input: PlanInput): void {
  const { model } = input;
  for (const user of plan.adoptedUsers) takeOver(model.ledgerUsers, user);
  for (const group of plan.adoptedGroups) takeOver(model.ledgerGroups, group);
  for (const { kind, key } of plan.forgotten) (kind === "user" ? model.ledgerUsers : model.ledgerGroups).delete(key);
  for (const { connection, kind, key } of plan.nominations) {
    const name = qualified(connection, key);
    for (const record of kind === "user" ? claimed(name, input) : [model.groups.get(name)?.record])
      if (record) record.confirmed = true;
  }
  for (const types of ORDER) {
    for (const operation of plan.operations) if (types.includes(operation.type)) applyOne(operation, input);
  }
  for (const [claim, person] of plan.joins) applyJoin(claim, person, model);
}

/** One Bitwarden object belongs to one key. */
function takeOver<T extends { key: string; bwId: string }>(ledger: Map<string, T>, entry: T): void {
  for (const [key, other] of ledger) if (other.bwId === entry.bwId) ledger.delete(key);
  ledger.set(entry.key, { ...entry });
}

function claimed(name: string, { model }: PlanInput): UserRecord[] {
  const claims = [...model.people.values()].flatMap((person) => person.claims);
  return claims.filter(({ source, record }) => qualified(source, record.key) === name).map(({ record }) => record);
}

function applyJoin(claim: string, person: string, model: Model): void {
  const joining = model.people.get(claim);
  if (!joining) return;
  const joined = model.people.get(person) ?? { key: person, claims: [], unheard: [] };
  model.people.delete(claim);
  model.people.set(person, { ...joined, claims: [...joined.claims, ...joining.claims] });
  for (const [group, members] of model.userEdges) {
    const renamed = members.map((member) => (member === claim ? person : member));
    model.userEdges.set(group, renamed);
  }
}

function applyOne(operation: PlannedOperation, input: PlanInput): void {
  switch (operation.type) {
    case "membership.add":
    case "membership.remove":
      applyMembership(operation, input);
      return;
    case "group.create":
    case "group.rename":
    case "group.link":
    case "group.delete":
      applyGroup(operation, input);
      return;
    default:
      applyMember(operation, input);
  }
}

function applyMembership({ type, key, object }: PlannedOperation, { model, live }: PlanInput): void {
  const member = model.ledgerUsers.get(key);
  const ids = live.memberIds.get(model.ledgerGroups.get(object)?.bwId ?? "");
  if (!member || !ids) throw new Error(`${type} without both sides: ${key} ${object}`);
  if (type === "membership.add") ids.add(member.bwId);
  else ids.delete(member.bwId);
}

function applyGroup({ type, key, data }: PlannedOperation, { model, live }: PlanInput): void {
  const { name = "", externalId = "" } = data;
  const bwId = model.ledgerGroups.get(key)?.bwId ?? `new-${key}`;
  if (type === "group.delete") {
    live.groups.delete(bwId);
    live.memberIds.delete(bwId);
    model.ledgerGroups.delete(key);
    return;
  }
  live.groups.set(bwId, { id: bwId, name, externalId });
  if (type === "group.create") live.memberIds.set(bwId, new Set());
  model.ledgerGroups.set(key, { key, externalId, bwId, name, verifiedAt: 1 });
}

function applyMember({ type, key, data }: PlannedOperation, { model, live }: PlanInput): void {
  const known = model.ledgerUsers.get(key);
  if (type === "member.invite" || type === "member.link") {
    const { email = "", externalId = "" } = data;
    const linked = [...live.members.values()].find((one) => one.email === email && one.externalId === null);
    const member = linked ?? { id: `new-${key}`, email, externalId, status: 0, type: 2 };
    member.externalId = externalId;
    live.members.set(member.id, member);
    const { id: bwId, status } = member;
    model.ledgerUsers.set(key, {
      key,
      externalId,
      bwId,
      email,
      status,
      type: member.type,
      revokedByUs: known?.revokedByUs ?? false,
    });
    return;
  }
  const member = live.members.get(known?.bwId ?? "");
  if (!known || !member) throw new Error(`${type} of nobody: ${key}`);
  if (type === "member.remove") {
    live.members.delete(member.id);
    for (const ids of live.memberIds.values()) ids.delete(member.id);
    model.ledgerUsers.delete(key);
    return;
  }
  member.status = type === "member.revoke" ? -1 : 0;
  known.status = member.status;
  known.revokedByUs = type === "member.revoke";
}
