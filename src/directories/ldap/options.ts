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
  ca?: string | Buffer | undefined;
  cert?: string | Buffer | undefined;
  key?: string | Buffer | undefined;
  sslAllowUnauthorized: boolean;
  rootPath: string;
  username: string;
  password: string;
  /** 500 entries a page; false only for servers that cannot page. */
  pagedSearch: boolean;
  userPath?: string | undefined;
  groupPath?: string | undefined;
  userObjectClass?: string | undefined;
  groupObjectClass?: string | undefined;
  userEmailAttribute?: string | undefined;
  groupNameAttribute?: string | undefined;
  memberAttribute?: string | undefined;
  useEmailPrefixSuffix?: boolean | undefined;
  emailPrefixAttribute?: string | undefined;
  emailSuffix?: string | undefined;
  /** Raw LDAP filters with their own brackets. */
  userFilter?: string | undefined;
  groupFilter?: string | undefined;
  users: boolean;
  groups: boolean;
  /** Longest silence while an answer is due; 60 s. */
  timeoutMs?: number;
  /** TCP, TLS and StartTLS together; 10 s. */
  connectTimeoutMs?: number;
}
