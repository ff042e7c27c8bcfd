import type { LdapPreset } from "./presets.ts";

/** One LDAP connection as configured; names follow Directory Connector. PEM contents, not paths. */
export interface LdapOptions {
  /** Name of the connection, for messages. */
  connection: string;
  preset: LdapPreset;
  hostname: string;
  port: number;
  ssl: boolean;
  startTls: boolean;
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  sslAllowUnauthorized: boolean;
  rootPath: string;
  username: string;
  password: string;
  /** 500 entries a page; false only for servers that cannot page. */
  pagedSearch: boolean;
  userPath?: string;
  groupPath?: string;
  userObjectClass?: string;
  groupObjectClass?: string;
  userEmailAttribute?: string;
  groupNameAttribute?: string;
  memberAttribute?: string;
  useEmailPrefixSuffix?: boolean;
  emailPrefixAttribute?: string;
  emailSuffix?: string;
  /** Raw LDAP filters with their own brackets. */
  userFilter?: string;
  groupFilter?: string;
  users: boolean;
  groups: boolean;
  /** Longest silence while an answer is due; 60 s. */
  timeoutMs?: number;
  /** TCP, TLS and StartTLS together; 10 s. */
  connectTimeoutMs?: number;
}
