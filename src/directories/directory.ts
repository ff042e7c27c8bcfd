import type { CompletenessProof, GroupRead, ReadResult, SnapshotPage, UserRead } from "../domain/directory.ts";
import type { HintedEvent } from "../domain/hint.ts";

/** Who the bridge is to the directory, and what it may read. */
export interface DirectoryIdentity {
  account: string;
  server: string;
  capabilities: string[];
}

/** What changed since a cursor, as events with hints; `lost` means: read a full snapshot instead. */
export type Changes =
  { lost: false; events: HintedEvent[]; cursor: string; more: boolean } | { lost: true; reason: string };

/**
 * A source of users and groups. Every method rejects with a BridgeError when the answer is not
 * whole and certain; none ever returns "less" instead.
 */
export interface Directory extends AsyncDisposable {
  /** How many direct reads may run at once. */
  readonly concurrency: number;
  /**
   * How long after a change the directory itself may still be correcting what depends on it, in ms (OpenLDAP's
   * refint rewrites groups after a rename). A lost membership is read again only after that. Absent: at once.
   */
  readonly settleMs?: number;
  /**
   * Whether membership of a group can decide who is in scope (Okta's `groupFilter: include:`, an LDAP filter on
   * memberOf). Then a changed group hints its people. Records that come with a group's members are judged as if each
   * had been asked for.
   */
  readonly userStateDependsOnGroups: boolean;
  identify(signal: AbortSignal): Promise<DirectoryIdentity>;
  /**
   * Reads everything in scope, page by page, and returns the proof of completeness as the
   * generator's return value. Throws `DIRECTORY_INCOMPLETE` rather than ending early.
   */
  snapshot(signal: AbortSignal): AsyncGenerator<SnapshotPage, CompletenessProof, undefined>;
  readUser(key: string, signal: AbortSignal): Promise<ReadResult<UserRead>>;
  readGroup(key: string, signal: AbortSignal): Promise<ReadResult<GroupRead>>;
  /** Incremental poll. Absent where the directory has none: a poll is then a snapshot. Cursor null: start now. */
  changesSince?(cursor: string | null, signal: AbortSignal): Promise<Changes>;
}
