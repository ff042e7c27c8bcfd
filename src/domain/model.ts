import type { Group, Member } from "./bitwarden.ts";
import type { GroupState, UserState } from "./directory.ts";
import type { SyncOptions } from "./options.ts";

/** A directory user as stored: the latest read, and whether a direct read by id said so. */
export interface UserRecord {
  /** The directory's immutable id. */
  key: string;
  externalId: string;
  email: string | null;
  /** What other directories call the same person by, e.g. Active Directory's objectGUID in Entra ID; null: nothing. */
  link: string | null;
  state: UserState;
  clause: string | null;
  /** True when the state comes from a direct read by id; only then may it cause a removal. */
  confirmed: boolean;
  readNo: number;
  /** Epoch ms when the read behind the row began. */
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
  readAt: number;
}

/** What one connection says about one person. */
export interface Claim {
  source: string;
  record: UserRecord;
}

/**
 * One human being, as all connections of the organization know them together. `key` is the qualified key under which
 * ledger, operations and notices know the person: that of the claim which came first.
 */
export interface Person {
  key: string;
  /** Never empty; in the order of the configuration. */
  claims: Claim[];
  /** Qualified keys of claims that a reset made forget, of connections that were not read whole since. */
  unheard: string[];
}

/** A group of one connection; `key` is qualified. */
export interface SourceGroup {
  key: string;
  source: string;
  record: GroupRecord;
}

/** What the administrator decided for one connection of the organization. */
export interface Source {
  options: SyncOptions;
  /** When this directory says disabled or gone, the person leaves at once, whoever else claims them. */
  authoritative: boolean;
}

/** A Bitwarden member that this bridge manages, as it was when last read back. */
export interface LedgerUser {
  /** The person's. */
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

/** What is wanted and what was done in one organization, loaded for the subjects of one decision. All keys are qualified. */
export interface Model {
  people: Map<string, Person>;
  groups: Map<string, SourceGroup>;
  /** Direct user members by group: keys of people. */
  userEdges: Map<string, string[]>;
  /** Direct nested groups by group. */
  groupEdges: Map<string, string[]>;
  ledgerUsers: Map<string, LedgerUser>;
  ledgerGroups: Map<string, LedgerGroup>;
  /** Managed memberships as last verified: people by group. */
  ledgerMembers: Map<string, Set<string>>;
  /** True when every connection of the organization has been read whole, and this decision is about everything. */
  complete: boolean;
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
  /** Ids of groups whose members Bitwarden could not list: for them the ledger stands in. */
  unreadable: Set<string>;
}

/** Which people and groups a decision is about. */
export interface Subjects {
  all: boolean;
  users: Set<string>;
  groups: Set<string>;
}
