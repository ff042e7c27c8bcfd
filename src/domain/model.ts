import type { Group, Member } from "./bitwarden.ts";
import type { GroupState, UserState } from "./directory.ts";

/** A directory user as stored: the latest read, and whether a direct read by id said so. */
export interface UserRecord {
  key: string;
  externalId: string;
  email: string | null;
  state: UserState;
  clause: string | null;
  /** True when the state comes from a direct read by id; only then may it cause a removal. */
  confirmed: boolean;
  readNo: number;
  /** Epoch ms when the read behind this record began. */
  readAt: number;
}

export interface GroupRecord {
  key: string;
  externalId: string;
  name: string;
  state: GroupState;
  clause: string | null;
  confirmed: boolean;
  readNo: number;
  /** Epoch ms when the read behind this record began. */
  readAt: number;
}

/** A Bitwarden member that this bridge manages, as it was when last read back. */
export interface LedgerUser {
  key: string;
  externalId: string;
  bwId: string;
  email: string;
  status: number;
  type: number;
  revokedByUs: boolean;
}

export interface LedgerGroup {
  key: string;
  externalId: string;
  bwId: string;
  name: string;
  /** Epoch ms of the last live read of its members; 0: never. */
  verifiedAt: number;
}

/** What is wanted and what was done, loaded for the subjects of one decision. All keys are directory keys. */
export interface Model {
  users: Map<string, UserRecord>;
  groups: Map<string, GroupRecord>;
  /** Direct user members by group. */
  userEdges: Map<string, string[]>;
  /** Direct nested groups by group. */
  groupEdges: Map<string, string[]>;
  ledgerUsers: Map<string, LedgerUser>;
  ledgerGroups: Map<string, LedgerGroup>;
  /** Managed memberships as last verified: users by group. */
  ledgerMembers: Map<string, Set<string>>;
  /** E-mail addresses that more than one active directory user claims. */
  duplicateEmails: Set<string>;
}

/**
 * Bitwarden for one decision: read live where that was needed, otherwise as the ledger last saw it.
 * What a map does not contain does not exist.
 */
export interface Live {
  members: Map<string, Member>;
  groups: Map<string, Group>;
  /** Member ids by group id, for groups whose members were read live. */
  memberIds: Map<string, Set<string>>;
  /** Group ids by member id, for members whose groups were read live. */
  groupIds: Map<string, Set<string>>;
}

/** Which users and groups a decision is about. */
export interface Subjects {
  all: boolean;
  users: Set<string>;
  groups: Set<string>;
}
