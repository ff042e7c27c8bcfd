export type OperationType =
  | "member.invite"
  | "member.link"
  | "member.revoke"
  | "member.restore"
  | "member.remove"
  | "membership.add"
  | "membership.remove"
  | "group.create"
  | "group.rename"
  | "group.link"
  | "group.delete";

/** What the operation sets, as far as its subject does not say it. */
export interface OperationData {
  email?: string;
  externalId?: string;
  name?: string;
  /** The authoritative connection on whose word somebody leaves: no other one is waited for. */
  finalWord?: string;
}

/** One intended change in Bitwarden. `key` and `object` are qualified keys. */
export interface PlannedOperation {
  type: OperationType;
  kind: "user" | "group";
  key: string;
  /** The group of a membership operation; otherwise empty. */
  object: string;
  data: OperationData;
  /** E-mail or name, for people to read. */
  label: string;
  /** The rule that asks for it, in words. */
  reason: string;
  /** What was read that proves it. */
  evidence: string;
  /**
   * Epoch ms when the read that proves it began, for what takes access away; 0 otherwise. What is older than a few
   * minutes is read again before it is sent.
   */
  provenAt: number;
}

/** The counters of the guard. */
export type GuardClass = "members" | "memberships" | "groups" | "invitations";

/** The guard's class of an operation; null: never limited. */
export function guardClass(type: OperationType): GuardClass | null {
  switch (type) {
    case "member.revoke":
    case "member.remove":
      return "members";
    case "membership.remove":
      return "memberships";
    case "group.delete":
      return "groups";
    case "member.invite":
      return "invitations";
    case "member.link":
    case "member.restore":
    case "membership.add":
    case "group.create":
    case "group.rename":
    case "group.link":
      return null;
  }
}

/** Whatever the guard counts. */
export const GUARDED: readonly OperationType[] = [
  "member.revoke",
  "member.remove",
  "membership.remove",
  "group.delete",
  "member.invite",
];

/** What takes access away from people. */
export const REVOCATIONS: readonly OperationType[] = ["member.revoke", "member.remove", "membership.remove"];

/** True for what takes access away from people: these overtake everything else. */
export function isRevocation(type: OperationType): boolean {
  return REVOCATIONS.includes(type);
}

/** True for whatever takes something away: sent only on proof that is fresh. */
export function takesAway(type: OperationType): boolean {
  return isRevocation(type) || type === "group.delete";
}
