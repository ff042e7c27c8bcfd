/** The words of a Bitwarden organization. Shapes only; world.ts keeps them consistent. */

export const OWNER = 0;
const ADMIN = 1;
export const USER = 2;
export const CUSTOM = 4;
export const MEMBER_TYPES: ReadonlySet<number> = new Set([OWNER, ADMIN, USER, CUSTOM]);

export const REVOKED = -1;
export const INVITED = 0;
export const ACCEPTED = 1;
export const CONFIRMED = 2;
export const STAGED = 3;

export const EVENT = {
  groupCreated: 1400,
  groupUpdated: 1401,
  collectionUpdated: 1301,
  invited: 1500,
  confirmed: 1501,
  updated: 1502,
  removed: 1503,
  groupsUpdated: 1504,
  revoked: 1511,
  restored: 1512,
  revokedWithoutSecondStep: 1520,
  staged: 1523,
  policyUpdated: 1700,
} as const;

export type Plan = "enterprise" | "teams" | "teams-starter" | "free";

/** Everything that may be changed by hand during a test. */
export interface Organization {
  id: string;
  /** Null: the row of the default API key is missing, which makes the token endpoint answer 500. */
  apiKey: string | null;
  enabled: boolean;
  useApi: boolean;
  useDirectory: boolean;
  useGroups: boolean;
  useEvents: boolean;
  useCustomPermissions: boolean;
  plan: Plan;
  hosted: "cloud" | "self";
  /** Null is unlimited. */
  seats: number | null;
  /** Null is no cap: seats are bought silently. */
  maxAutoscaleSeats: number | null;
  hasPayment: boolean;
  subscriptionCancelled: boolean;
  managedByProvider: boolean;
  /** False: every mail fails, so that inviting rolls back. */
  mailWorks: boolean;
  /** Feature flag pm-34423-staged-status. */
  stagedFlag: boolean;
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly hasMasterPassword: boolean;
  readonly twoFactor: boolean;
}

export interface Association {
  readonly id: string;
  readonly readOnly: boolean;
  readonly hidePasswords: boolean;
  readonly manage: boolean;
}

export type Permissions = Readonly<Record<string, boolean>>;

/** A membership. Change it only through World.changeMember, which keeps the indexes. */
export interface Member {
  readonly id: string;
  readonly account: Account | null;
  /** Null after acceptance: then the account's e-mail is shown. */
  readonly email: string | null;
  readonly status: number;
  readonly priorStatus: number | null;
  /** The organization key was handed over, i.e. the member has once been confirmed. */
  readonly hasKey: boolean;
  readonly type: number;
  readonly externalId: string | null;
  readonly permissions: Permissions | null;
  readonly collections: readonly Association[];
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly externalId: string | null;
  readonly collections: readonly Association[];
}

export interface Collection {
  readonly id: string;
  readonly externalId: string | null;
  /** A "My items" collection is hidden from the Public API and never rewritten by it. */
  readonly kind: "shared" | "my-items";
}

export interface Policy {
  readonly id: string;
  /** 0 two-step login, 3 single organization, and so on. */
  readonly type: number;
  readonly enabled: boolean;
  readonly data: object | null;
}

/** What an event is about. */
export interface EventSubject {
  readonly memberId: string | null;
  readonly groupId: string | null;
  readonly collectionId: string | null;
  readonly policyId: string | null;
}

export interface OrganizationEvent extends EventSubject {
  readonly type: number;
  readonly date: string;
}

export interface Mail {
  readonly kind: "invite" | "reinvite" | "seats-bought";
  readonly to: string;
}

/** The e-mail that the API shows. */
export function shownEmail(member: Member): string {
  return member.account !== null && member.email === null ? member.account.email : (member.email ?? "");
}

/** Whitespace-only external ids count as none. */
export function linkedId(holder: { readonly externalId: string | null }): string | null {
  return holder.externalId === null || holder.externalId.trim() === "" ? null : holder.externalId;
}

/**
 * Lower case as .NET makes it, one character for one: JavaScript would turn İ into two characters, and treat a Σ at the
 * end of a word differently.
 */
export function lowerCase(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return Array.from(text, (char) => {
    const lower = char.toLowerCase();
    return lower.length === char.length ? lower : char;
  }).join("");
}

/** Staged and revoked members occupy no seat. */
export function occupiesSeat(member: Member): boolean {
  return member.status >= INVITED && member.status <= CONFIRMED;
}
