/** What the administrator decided for one connection; names follow Directory Connector where it has them. */
export interface SyncOptions {
  users: boolean;
  groups: boolean;
  /** A disabled person is a leaver. When false a disabled member is left alone, and never invited. */
  removeDisabled: boolean;
  leaver: "revoke" | "remove" | "report";
  scopeExit: "revoke" | "remove" | "report";
  inviteUsersAfterProvisioning: boolean;
  groupDeletion: "report" | "empty" | "delete";
  largeImport: boolean;
}

export interface Limit {
  max: number;
  /** Percent of what is managed now. */
  percent: number;
}

export interface GuardLimits {
  members: Limit;
  memberships: Limit & { percentOfGroup: number };
  groups: Limit;
  invitations: Limit;
}
