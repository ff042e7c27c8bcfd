import type { Group } from "../bitwarden.ts";
import { hasOther, note, type About, type Draft, type LiveIndex, type PlanInput } from "./draft.ts";
import type { LedgerGroup, SourceGroup } from "../model.ts";
import * as notices from "../notices.ts";
import type { OperationData, OperationType, PlannedOperation } from "../operation.ts";
import { verdictOfGroup } from "../people/verdict.ts";

/** What Bitwarden stores (database columns of its server). */
const NAME_MAX = 100;
const EXTERNAL_ID_MAX = 300;

/** Decides one group: nothing, adoption, or the operation that brings Bitwarden in step. */
export function planGroup(group: SourceGroup, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const options = input.sources.get(group.source)?.options;
  if (options?.groups !== true) return;
  const verdict = verdictOfGroup(group.record, options);
  const ledger = input.model.ledgerGroups.get(group.key);
  if (ledger) {
    planManaged(group, verdict, ledger, input, index, draft);
    return;
  }
  if (verdict.want !== "in") return;
  const { externalId } = group.record;
  const owners = index.groupsByExternalId.get(externalId) ?? [];
  const [owner] = owners;
  const holder = owner && index.ledgerGroupOf.get(owner.id);
  const isHeld = holder !== undefined && input.model.groups.get(holder.key)?.record.state === "active";
  if (owners.length > 1) {
    note(draft, about(group), notices.duplicateExternalId(owners.length, "groups", externalId));
  } else if (isHeld || hasOther(index.groupsOfDirectories, externalId, group.key)) {
    note(draft, about(group), notices.externalIdOfAnActive("group", externalId));
  } else if (owner) {
    const adopted = { key: group.key, externalId, bwId: owner.id, name: owner.name, verifiedAt: 0 };
    draft.adoptedGroups.push(adopted);
    planManaged(group, verdict, adopted, input, index, draft);
  } else {
    planNew(group, index, draft);
  }
}

function planManaged(
  group: SourceGroup,
  verdict: ReturnType<typeof verdictOfGroup>,
  ledger: LedgerGroup,
  input: PlanInput,
  index: LiveIndex,
  draft: Draft,
): void {
  const { record } = group;
  const live = input.live.groups.get(ledger.bwId);
  if (!live) {
    if (verdict.want === "leave" && record.confirmed) draft.forgotten.push({ kind: "group", key: group.key });
    else if (verdict.want === "in") note(draft, about(group), notices.groupRemovedByHand);
    return;
  }
  if (verdict.want === "leave" && isTakenOver(live, input, index)) return;
  draft.groupIdOf.set(group.key, ledger.bwId);
  if (verdict.want !== "leave") {
    draft.groupMode.set(group.key, "follow");
    planAttributes(group, ledger, live, draft);
  } else if (!record.confirmed) {
    draft.nominations.push({ connection: group.source, kind: "group", key: record.key });
  } else if (verdict.action === "delete") {
    const planned = operation("group.delete", group, {}, verdict.why);
    draft.operations.push({ ...planned, provenAt: record.readAt });
  } else if (verdict.action === "empty") {
    draft.groupMode.set(group.key, "empty");
  } else {
    note(draft, about(group), notices.leaverReported(verdict.why));
  }
}

/**
 * A managed group that is not a subject still takes part in the memberships of subject people: followed, or emptied
 * where that is what was decided for it.
 */
export function keepGroup(group: SourceGroup, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const options = input.sources.get(group.source)?.options;
  const ledger = input.model.ledgerGroups.get(group.key);
  const live = ledger && input.live.groups.get(ledger.bwId);
  if (!live || options?.groups !== true) return;
  const verdict = verdictOfGroup(group.record, options);
  const empties = verdict.want === "leave" && verdict.action === "empty" && group.record.confirmed;
  if (verdict.want !== "in" && (!empties || isTakenOver(live, input, index))) return;
  draft.groupIdOf.set(group.key, live.id);
  draft.groupMode.set(group.key, empties ? "empty" : "follow");
}

/** Deleted and created again in the directory: the new one is about to adopt the group of the old one. */
function isTakenOver(live: Group, { model }: PlanInput, index: LiveIndex): boolean {
  const heirs = index.groupsOfDirectories.get(live.externalId ?? "") ?? new Set();
  return [...heirs].some((key) => !model.ledgerGroups.has(key));
}

function planAttributes(group: SourceGroup, ledger: LedgerGroup, live: Group, draft: Draft): void {
  if (live.externalId !== null && live.externalId !== ledger.externalId) {
    note(draft, about(group), notices.externalIdChanged("group", live.externalId, ledger.externalId));
    return;
  }
  if (!fits(group, draft)) return;
  const data = { name: group.record.name, externalId: ledger.externalId };
  if (live.name !== group.record.name)
    draft.operations.push(operation("group.rename", group, data, `named "${live.name}" in Bitwarden`));
  else if (live.externalId === null)
    draft.operations.push(operation("group.link", group, data, "the external id was cleared in Bitwarden"));
}

function planNew(group: SourceGroup, index: LiveIndex, draft: Draft): void {
  if (!fits(group, draft)) return;
  const { name, externalId } = group.record;
  if (index.groupsByName.has(name)) note(draft, about(group), notices.sameNameUnmanaged);
  draft.groupMode.set(group.key, "follow");
  const reason = "in the directory, not yet in Bitwarden";
  draft.operations.push(operation("group.create", group, { name, externalId }, reason));
}

function fits(group: SourceGroup, draft: Draft): boolean {
  const { name, externalId } = group.record;
  if (name.trim() === "" || name.length > NAME_MAX) note(draft, about(group), notices.badGroupName(NAME_MAX));
  else if (externalId.length > EXTERNAL_ID_MAX) note(draft, about(group), notices.badExternalId);
  else return true;
  return false;
}

function operation(type: OperationType, group: SourceGroup, data: OperationData, reason: string): PlannedOperation {
  const { key, record } = group;
  const evidence = `${record.confirmed ? "direct read" : "snapshot"} ${String(record.readNo)}: ${record.state}`;
  return { type, kind: "group", key, object: "", data, label: record.name, reason, evidence, provenAt: 0 };
}

function about({ key, record }: SourceGroup): About {
  return { kind: "group", key, label: record.name.slice(0, NAME_MAX) };
}
