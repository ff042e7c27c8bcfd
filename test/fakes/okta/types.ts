/** The statuses an Okta user can have (OpenAPI UserStatus). */
export type UserStatus =
  "STAGED" | "PROVISIONED" | "ACTIVE" | "RECOVERY" | "LOCKED_OUT" | "PASSWORD_EXPIRED" | "SUSPENDED" | "DEPROVISIONED";

export interface UserProfile {
  firstName: string;
  lastName: string;
  login: string;
  email: string;
  [attribute: string]: unknown;
}

/** A user as the API shows it, without `_links` (they need the base URL and are added when rendering). */
export interface OktaUser {
  id: string;
  status: UserStatus;
  transitioningToStatus: UserStatus | null;
  created: string;
  activated: string | null;
  statusChanged: string;
  lastLogin: string | null;
  lastUpdated: string;
  passwordChanged: string | null;
  type: { id: string };
  profile: UserProfile;
}

export interface OktaGroup {
  id: string;
  created: string;
  lastUpdated: string;
  lastMembershipUpdated: string;
  objectClass: string[];
  type: "OKTA_GROUP" | "APP_GROUP" | "BUILT_IN";
  profile: { name: string; description: string | null };
}

export interface LogParty {
  id: string;
  type: string;
  alternateId: string;
  displayName: string;
  detailEntry: Record<string, string> | null;
}

/** A System Log entry; hooks and `/api/v1/logs` carry the same object. */
export interface LogEvent {
  uuid: string;
  published: string;
  eventType: string;
  version: "0";
  severity: "INFO" | "WARN" | "ERROR";
  displayMessage: string;
  legacyEventType: string | null;
  actor: LogParty;
  client: {
    userAgent: { rawUserAgent: string; os: string; browser: string } | null;
    zone: string | null;
    device: string | null;
    id: string | null;
    ipAddress: string | null;
    geographicalContext: Record<string, unknown> | null;
  };
  device: null;
  request: { ipChain: { ip: string; geographicalContext: null; version: "V4"; source: null }[] };
  outcome: { result: string; reason: string | null };
  target: LogParty[];
  transaction: { type: "WEB" | "JOB"; id: string; detail: Record<string, unknown> };
  debugContext: { debugData: Record<string, string> };
  authenticationContext: Record<string, string | number | null>;
  securityContext: { asNumber: null; asOrg: null; isp: null; domain: null; isProxy: null };
  insertionTimestamp: string | null;
}

/** What `dump()` answers: the truth of the org in a form two sides can compare, everything sorted by id. */
export interface OktaDump {
  users: { id: string; email: string; status: UserStatus }[];
  groups: { id: string; name: string; members: string[] }[];
}
