/** Live Bitwarden objects as the bridge sees them (contracts: Public API of Bitwarden, August 2026). */

/** -1 revoked, 0 invited, 1 accepted, 2 confirmed, 3 staged; other numbers are tolerated. */
export type MemberStatus = number;
export const REVOKED: MemberStatus = -1;
const CONFIRMED: MemberStatus = 2;

/** 0 owner, 1 admin, 2 user, 4 custom. */
export type MemberType = number;
export const PLAIN_USER: MemberType = 2;
const OWNER: MemberType = 0;

export interface Member {
  /** Membership id: the one in paths. */
  id: string;
  email: string;
  externalId: string | null;
  status: MemberStatus;
  type: MemberType;
}

export interface Group {
  id: string;
  name: string;
  externalId: string | null;
}

export interface ImportRequest {
  members: { email: string; externalId: string }[];
  groups: { name: string; externalId: string; memberExternalIds: string[] }[];
  largeImport: boolean;
  inviteUsersAfterProvisioning: boolean;
}

export function isConfirmedOwner(member: Member): boolean {
  return member.type === OWNER && member.status === CONFIRMED;
}

/** Invited, accepted and confirmed members hold a seat; revoked and staged ones do not. */
export function holdsSeat(member: Member): boolean {
  return member.status >= 0 && member.status <= CONFIRMED;
}
