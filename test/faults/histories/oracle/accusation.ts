/** What a history may accuse the bridge of; each kind is one promise. */
export type AccusationKind =
  /** Access was taken away though the directory had said otherwise and the bridge could have known. */
  | "unjustified removal"
  /** Something the bridge does not manage was touched. */
  | "outsider touched"
  /** Restored though an administrator had revoked by hand. */
  | "restored by us, revoked by hand"
  /** Invited a second time, or invited again after a removal by hand. */
  | "invited again"
  /** Everything about it was told and acknowledged, all is quiet, and Bitwarden is not so. */
  | "acknowledged and not applied"
  /** One subject that cannot be read keeps others from being applied. */
  | "others stalled"
  /** After a complete reconciliation without faults Bitwarden is not what the directory says. */
  | "not equal after a reconciliation"
  /** `sync` ended with 0 and said nothing is open, and Bitwarden is not what the directory says. */
  | "said to be in step"
  /** Work never ends, or a command is not answered. */
  | "never quiet"
  /** Requests or processor time without anything to do. */
  | "spinning"
  /** It ended by itself, or did not end when told to. */
  | "process";

export interface Accusation {
  kind: AccusationKind;
  /** Milliseconds since the start of the history. */
  atMs: number;
  text: string;
  /** What led to it: the last events of whom it concerns. */
  facts: string[];
}
