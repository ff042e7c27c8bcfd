import type { Group, ImportRequest, Member } from "../domain/bitwarden.ts";

/** Revocations overtake everything and may use the reserve of the budget. */
export type Priority = "revocation" | "normal";

/**
 * One Bitwarden organization through its Public API. Every method obeys the host's pace and rejects
 * with a BridgeError whose code says whether the outcome is known: `BITWARDEN_UNREACHABLE`,
 * `BITWARDEN_REFUSED`, `BITWARDEN_THROTTLED` (nothing happened), `BITWARDEN_UNKNOWN_OUTCOME` (read before you
 * repeat), `BITWARDEN_DENIED` (credentials). Null means 404: it does not exist.
 */
export interface Bitwarden extends AsyncDisposable {
  listMembers(priority: Priority): Promise<Member[]>;
  getMember(id: string, priority: Priority): Promise<Member | null>;
  getMemberGroupIds(id: string, priority: Priority): Promise<string[] | null>;
  listGroups(priority: Priority): Promise<Group[]>;
  getGroup(id: string, priority: Priority): Promise<Group | null>;
  getGroupMemberIds(id: string, priority: Priority): Promise<string[] | null>;

  /** Already revoked counts as done. False: the member does not exist. */
  revokeMember(id: string): Promise<boolean>;
  /** Already active counts as done. False: the member does not exist. */
  restoreMember(id: string): Promise<boolean>;
  /** False: it was already gone. */
  removeMember(id: string): Promise<boolean>;
  /** Reads the member and writes it back with only the external id changed, so that nothing is wiped. */
  setMemberExternalId(id: string, externalId: string): Promise<boolean>;
  setMemberGroupIds(id: string, groupIds: string[], priority: Priority): Promise<boolean>;
  /** Name and external id; collections are left out of the request, which keeps them. */
  updateGroup(id: string, group: { name: string; externalId: string }): Promise<boolean>;
  setGroupMemberIds(id: string, memberIds: string[], priority: Priority): Promise<boolean>;
  deleteGroup(id: string): Promise<boolean>;
  /** Never overwrites (`overwriteExisting: false`). The answer carries nothing: read back. */
  importDirectory(request: ImportRequest): Promise<void>;
  /** Version, kind and feature flags of the server, without credentials, for `config validate` and `status`. */
  serverInfo(): Promise<{ version: string; server: string; stagedUsers: boolean }>;
}
