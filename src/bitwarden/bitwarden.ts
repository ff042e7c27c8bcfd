import type { Group, ImportRequest, Member } from "../domain/bitwarden.ts";

/** Revocations overtake everything and may use the reserve of the budget. */
export type Priority = "revocation" | "normal";

/**
 * How a change ended: it was made now, it was so already and nothing was changed, or the object does not exist (one
 * 404, which alone proves little).
 */
export type Written = "done" | "already" | "missing";

/**
 * Asked when the turn of a request has come, right before its first byte leaves: turns may be a minute away. What it
 * throws cancels the request.
 */
export type LastLook = () => Promise<void>;

/**
 * One Bitwarden organization through its Public API. Every method obeys the host's pace and rejects
 * with a BridgeError whose code says whether the outcome is known: `BITWARDEN_UNREACHABLE`,
 * `BITWARDEN_REFUSED`, `BITWARDEN_THROTTLED` (nothing happened), `BITWARDEN_UNKNOWN_OUTCOME` (read before you
 * repeat), `BITWARDEN_NO_SEATS` (nothing happened), `BITWARDEN_DENIED` (credentials). Null means 404: it does not exist.
 */
export interface Bitwarden extends AsyncDisposable {
  listMembers(priority: Priority): Promise<Member[]>;
  getMember(id: string, priority: Priority): Promise<Member | null>;
  getMemberGroupIds(id: string, priority: Priority): Promise<string[] | null>;
  listGroups(priority: Priority): Promise<Group[]>;
  getGroup(id: string, priority: Priority): Promise<Group | null>;
  getGroupMemberIds(id: string, priority: Priority): Promise<string[] | null>;

  revokeMember(id: string, lastLook?: LastLook): Promise<Written>;
  restoreMember(id: string): Promise<Written>;
  removeMember(id: string, lastLook?: LastLook): Promise<Written>;
  /**
   * Invites one person as a plain user. Not idempotent, and it knows people by exact spelling only: look through all
   * members first. For when an import is not possible.
   */
  inviteMember(person: { email: string; externalId: string }): Promise<Member>;
  /** Reads the member and writes it back with only the external id changed, so that nothing is wiped. */
  setMemberExternalId(id: string, externalId: string): Promise<Written>;
  setMemberGroupIds(id: string, groupIds: string[], priority: Priority, lastLook?: LastLook): Promise<Written>;
  /** An empty group. Not idempotent: look through all groups first. */
  createGroup(group: { name: string; externalId: string }): Promise<Group>;
  /** Name and external id; collections are left out of the request, which keeps them. */
  updateGroup(id: string, group: { name: string; externalId: string }): Promise<Written>;
  setGroupMemberIds(id: string, memberIds: string[], priority: Priority, lastLook?: LastLook): Promise<Written>;
  deleteGroup(id: string, lastLook?: LastLook): Promise<Written>;
  /** Never overwrites (`overwriteExisting: false`). The answer carries nothing: read back. */
  importDirectory(request: ImportRequest): Promise<void>;
  /** After refused credentials: the next call asks again at once, because somebody may have repaired them. */
  forgetRefusal(): void;
  /** Version, kind and feature flags of the server, without credentials, for `config validate` and `status`. */
  serverInfo(): Promise<{ version: string; server: string; stagedUsers: boolean }>;
}
