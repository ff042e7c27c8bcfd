import type { Subject } from "./subject.ts";

/** "This subject may have changed." Carries no truth. */
export interface Hint {
  subject: Subject;
  /**
   * The group whose membership event is the only cause, or null. Many people hinted through one group
   * are resolved by one read of that group.
   */
  via: string | null;
  /** A likely leaver, or a person who waits: resolved before everything else. Only order, never truth. */
  urgent: boolean;
}

/** One event of a sender, reduced to its identity and the hints it gives. */
export interface HintedEvent {
  /** The sender's id of the event; the key of deduplication within the connection. */
  id: string;
  type: string;
  hints: Hint[];
}

/** Far beyond what one event of a real directory names; from here on one snapshot costs less than the reads. */
const HINTS_PER_EVENT = 500;

/** The event itself, or, when it names too many subjects, the same event about the whole directory. */
export function bounded(event: HintedEvent): HintedEvent {
  const [first] = event.hints;
  if (first === undefined || event.hints.length <= HINTS_PER_EVENT) return event;
  const { connection } = first.subject;
  return { ...event, hints: [{ subject: { connection, kind: "all", key: "" }, via: null, urgent: false }] };
}
