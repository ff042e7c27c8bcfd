import { note, type Draft, type LiveIndex, type PlanInput } from "./draft.ts";
import type { GroupRecord, LedgerGroup } from "./model.ts";
import type { OperationData, OperationType, PlannedOperation } from "./operation.ts";
import { verdictOfGroup } from "./verdict.ts";

/** Bitwarden's limit for a group name. */
const NAME_MAX = 100;

/** Decides one group: nothing, adoption, or the operation that brings Bitwarden in step. */
export function planGroup(group: GroupRecord, input: PlanInput, index: LiveIndex, draft: Draft): void {
  if (!input.options.groups) return;
  const ledger = input.model.ledgerGroups.get(group.key);
  if (ledger) {
    planManaged(group, ledger, input, draft);
    return;
  }
  if (verdictOfGroup(group, input.options).want !== "in") return;
  const owners = index.groupsByExternalId.get(group.externalId) ?? [];
  const [owner] = owners;
  if (owners.length > 1) {
    note(
      draft,
      "group",
      group,
      "duplicate-external-id",
      group.name,
      `${String(owners.length)} groups of Bitwarden carry the external id ${group.externalId}; clear it on all but one, every import fails until then.`,
    );
  } else if (owner) {
    const adopted = { key: group.key, externalId: group.externalId, bwId: owner.id, name: owner.name, verifiedAt: 0 };
    draft.adoptedGroups.push(adopted);
    planManaged(group, adopted, input, draft);
  } else {
    planNew(group, index, draft);
  }
}

function planManaged(group: GroupRecord, ledger: LedgerGroup, input: PlanInput, draft: Draft): void {
  const verdict = verdictOfGroup(group, input.options);
  const live = input.live.groups.get(ledger.bwId);
  if (!live) {
    if (verdict.want === "leave" && group.confirmed) draft.forgotten.push({ kind: "group", key: group.key });
    else if (verdict.want === "in")
      note(
        draft,
        "group",
        group,
        "removed-by-hand",
        group.name,
        "Was deleted in Bitwarden by hand; the bridge does not create it again by itself.",
      );
    return;
  }
  draft.groupIdOf.set(group.key, ledger.bwId);
  if (verdict.want !== "leave") {
    draft.groupMode.set(group.key, "follow");
    planAttributes(group, ledger, live, draft);
  } else if (!group.confirmed) {
    draft.nominations.push({ kind: "group", key: group.key });
  } else if (verdict.action === "delete") {
    draft.operations.push(operation("group.delete", group, {}, verdict.why));
  } else if (verdict.action === "empty") {
    draft.groupMode.set(group.key, "empty");
  } else {
    note(
      draft,
      "group",
      group,
      "leaver-reported",
      group.name,
      `${verdict.why.charAt(0).toUpperCase()}${verdict.why.slice(1)}; the configuration says report only, its members keep its access.`,
    );
  }
}

function planAttributes(
  group: GroupRecord,
  ledger: LedgerGroup,
  live: { name: string; externalId: string | null },
  draft: Draft,
): void {
  if (live.externalId !== null && live.externalId !== ledger.externalId) {
    note(
      draft,
      "group",
      group,
      "external-id-changed",
      group.name,
      `The external id was changed in Bitwarden to ${live.externalId}; set it back to ${ledger.externalId} or let the other tool manage this group.`,
    );
    return;
  }
  const data = { name: group.name, externalId: ledger.externalId };
  if (!nameFits(group, draft)) return;
  if (live.name !== group.name)
    draft.operations.push(operation("group.rename", group, data, `named "${live.name}" in Bitwarden`));
  else if (live.externalId === null)
    draft.operations.push(operation("group.link", group, data, "the external id was cleared in Bitwarden"));
}

function planNew(group: GroupRecord, index: LiveIndex, draft: Draft): void {
  if (!nameFits(group, draft)) return;
  if (index.groupsByName.has(group.name)) {
    note(
      draft,
      "group",
      group,
      "same-name-unmanaged",
      group.name,
      "A group of this name already exists in Bitwarden without our external id; a second one is created, as Directory Connector does.",
    );
  }
  draft.groupMode.set(group.key, "follow");
  const data = { name: group.name, externalId: group.externalId };
  draft.operations.push(operation("group.create", group, data, "in the directory, not yet in Bitwarden"));
}

function nameFits(group: GroupRecord, draft: Draft): boolean {
  if (group.name.trim() !== "" && group.name.length <= NAME_MAX) return true;
  note(
    draft,
    "group",
    group,
    "bad-group-name",
    group.name.slice(0, NAME_MAX),
    `Bitwarden takes group names of 1 to ${String(NAME_MAX)} characters; shorten it in the directory.`,
  );
  return false;
}

function operation(type: OperationType, group: GroupRecord, data: OperationData, reason: string): PlannedOperation {
  const evidence = `${group.confirmed ? "direct read" : "snapshot"} ${String(group.readNo)}: ${group.state}`;
  return { type, kind: "group", key: group.key, object: "", data, label: group.name, reason, evidence };
}
