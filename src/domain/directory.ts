/**
 * The words every directory is translated into. Pure shapes: no vendor field appears here.
 */

/**
 * active: takes part. disabled: exists, switched off. out: exists, no longer matched by the scope.
 * gone: a direct read by id answered that it does not exist.
 */
export type UserState = "active" | "disabled" | "out" | "gone";
export type GroupState = "active" | "out" | "gone";

export interface DirectoryUser {
  /** Immutable id inside the directory (Okta id, entryUUID, objectGUID text). */
  key: string;
  /** What Directory Connector would send; becomes the Bitwarden external id, frozen in the ledger. */
  externalId: string;
  /** Trimmed and lower-cased; null when the directory has none. */
  email: string | null;
  /** What another directory calls the same person by, e.g. Entra's onPremisesImmutableId for Active Directory's objectGUID. */
  link?: string;
  state: Exclude<UserState, "gone">;
  /** Why the state is not active, in words an administrator knows (`status SUSPENDED`, `exclude: filter`). */
  clause?: string;
}

export interface DirectoryGroup {
  key: string;
  externalId: string;
  name: string;
  state: Exclude<GroupState, "gone">;
  clause?: string;
}

/** A direct member of a group: a user or a nested group, by immutable key. */
export interface Edge {
  kind: "user" | "group";
  key: string;
}

/** A group with its complete list of direct members. */
export interface GroupRead {
  group: DirectoryGroup;
  members: Edge[];
  /** User records the directory sent along with the member list; saves one read per unknown member. */
  users?: DirectoryUser[];
}

/** A user with the complete list of groups that contain it directly (keys), in or out of scope. */
export interface UserRead {
  user: DirectoryUser;
  groups: string[];
}

/** The answer of a direct read by id: the current state, or proof that it no longer exists. */
export type ReadResult<T> = { found: true; value: T } | { found: false; evidence: string };

/** One page of a snapshot. `unreadable`: records that are there and cannot be understood; each is read by id instead. */
export type SnapshotPage =
  | { kind: "users"; users: DirectoryUser[] }
  | { kind: "groups"; groups: GroupRead[] }
  | { kind: "unreadable"; of: "user" | "group"; keys: string[] };

/** Evidence that a snapshot saw everything; without it nothing may be nominated as missing. */
export interface CompletenessProof {
  complete: true;
  users: number;
  groups: number;
  /** How completeness was established, e.g. `51 pages followed to the last link`. */
  evidence: string;
}
