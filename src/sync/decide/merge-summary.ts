import type { PlannedOperation } from "../../domain/operation.ts";
import { subjectName, unqualified } from "../../domain/subject.ts";
import type { JournalEntry } from "../../store/journal.ts";
import type { NewOperation, OperationRow } from "../../store/operations/operations.ts";

/** What one decision changed in the stored operations. */
export interface Merged {
  journal: JournalEntry[];
  counts: Record<string, number>;
  /** Newly held operations by hold. */
  holds: Map<string, number>;
}

/** Tells the journal and the log what became of the operations of one decision. */
export function summaryOf(
  organization: string,
  { created, answered, ended }: { created: NewOperation[]; answered: OperationRow[]; ended: OperationRow[] },
): Merged {
  const counts: Record<string, number> = { withdrawn: ended.length };
  const holds = new Map<string, number>();
  for (const { type, hold } of created) {
    counts[type] = (counts[type] ?? 0) + 1;
    if (hold !== null) holds.set(hold, (holds.get(hold) ?? 0) + 1);
  }
  const subjectOf = ({ kind, key }: PlannedOperation): string => subjectName({ kind, ...unqualified(key) });
  const journal: JournalEntry[] = [
    ...created.map((op) => ({
      organization,
      subject: subjectOf(op),
      operation: null,
      step: op.hold === null ? "planned" : "held",
      data: { type: op.type, label: op.label, reason: op.reason, evidence: op.evidence, hold: op.hold, hint: op.hint },
    })),
    ...answered.map((op) => ({
      organization,
      subject: subjectOf(op),
      operation: op.id,
      step: "read back",
      data: { type: op.type, label: op.label, hint: op.hint, seen: "a decision saw that it had happened" },
    })),
    ...ended.map((op) => ({
      organization,
      subject: subjectOf(op),
      operation: op.id,
      step: op.sentAt === null ? "withdrawn" : "asking after",
      data: { type: op.type, label: op.label, reason: "no longer planned" },
    })),
  ];
  return { journal, counts, holds };
}
