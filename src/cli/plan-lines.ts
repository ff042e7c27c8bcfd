import type { OperationRow } from "../store/operations.ts";
import { holdText } from "./held.ts";
import type { PlannedConnection } from "./plan.ts";
import { columns, count, countTypes, operationsText } from "./words.ts";

/** The plan of one connection for people: sums first, then every operation. */
export function planLines({
  connection,
  organization,
  failure,
  operations,
  notices,
  forecast,
}: PlannedConnection): string[] {
  const states = Map.groupBy(operations, ({ state }) => GROUPS[state]);
  const of = (group: Group): OperationRow[] => states.get(group) ?? [];
  const sums = [...states].map(([group, rows]) => [`  ${group}`, operationsText(countTypes(rows))]);
  const { seats, writes, minutes } = forecast;
  return [
    `${connection} → ${organization}`,
    ...(failure === null ? [] : [`  The plan is not complete: ${failure.message}`]),
    ...columns(sums),
    ...(operations.length > 0
      ? [
          `  Seats: ${seats > 0 ? "+" : ""}${String(seats)}. About ${count(writes, "write")} to Bitwarden${minutes === null ? "" : `, ${count(minutes, "minute")} at the configured pace`}.`,
        ]
      : failure === null
        ? ["  nothing to do: Bitwarden is in step"]
        : []),
    ...list("Would be sent", of("would be sent")),
    ...list("Would be held for approval", of("would be held")),
    ...list("Rejected by a person", of("rejected")),
    ...list("Failed before", of("failed before")),
    ...(notices.length === 0 ? [] : ["", "Notices: for you to decide, the bridge changes nothing here"]),
    ...notices.map(({ code, label, text }) => `  ${code} ${label}: ${text}`),
    "",
  ];
}

type Group = "would be sent" | "would be held" | "rejected" | "failed before";

const GROUPS: Record<OperationRow["state"], Group> = {
  ready: "would be sent",
  waiting: "would be sent",
  sending: "would be sent",
  confirming: "would be sent",
  done: "would be sent",
  withdrawn: "would be sent",
  held: "would be held",
  rejected: "rejected",
  failed: "failed before",
};

function list(title: string, operations: OperationRow[]): string[] {
  if (operations.length === 0) return [];
  const rows = operations.map(({ type, label, reason, evidence, hold, error }) => [
    `  ${type}`,
    label,
    [reason, evidence, holdText(hold), error ?? ""].filter((word) => word !== "").join("; "),
  ]);
  return ["", title, ...columns(rows)];
}
