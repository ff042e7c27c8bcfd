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
}

/** One intended change in Bitwarden. `key` and `object` are directory keys. */
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

/** True for what takes access away: these overtake everything else. */
export function isRevocation(type: OperationType): boolean {
  return type === "member.revoke" || type === "member.remove" || type === "membership.remove";
}

/** Something an administrator should know and the bridge does not change by itself. */
export interface Notice {
  kind: "user" | "group";
  key: string;
  code: NoticeCode;
  label: string;
  text: string;
}

export type NoticeCode =
  | "removed-by-hand"
  | "revoked-by-hand"
  | "external-id-changed"
  | "email-differs"
  | "protected-leaver"
  | "leaver-reported"
  | "no-email"
  | "bad-email"
  | "duplicate-email"
  | "email-of-another-member"
  | "duplicate-external-id"
  | "external-id-of-a-leaver"
  | "unmanaged-leaver"
  | "bad-group-name"
  | "same-name-unmanaged";
