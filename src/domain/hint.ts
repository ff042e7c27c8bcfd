import type { Subject } from "./subject.ts";

/** "This subject may have changed." Carries no truth. */
export interface Hint {
  subject: Subject;
  /**
   * The group whose membership event is the only cause, or null. Many people hinted through one group
   * are resolved by one read of that group.
   */
  via: string | null;
  /** A likely leaver: resolved before everything else. Only order, never truth. */
  urgent: boolean;
}

/** One event of a sender, reduced to its identity and the hints it gives. */
export interface HintedEvent {
  /** The sender's id of the event; the key of deduplication within the connection. */
  id: string;
  type: string;
  hints: Hint[];
}
