import type { Directory } from "../../src/directories/directory.ts";
import { openLdap } from "../../src/directories/ldap/ldap.ts";
import type { LdapOptions } from "../../src/directories/ldap/options.ts";
import type { CompletenessProof, DirectoryUser, GroupRead } from "../../src/domain/directory.ts";
import type { Slapd } from "./slapd.ts";

/** The directory over slapd as the sync account sees it: LDAPS, people and groups of the test bed. */
export function ldapDirectory(slapd: Slapd, more: Partial<LdapOptions> = {}): Directory {
  return openLdap({
    connection: "ldap-main",
    preset: "openldap",
    hostname: "127.0.0.1",
    port: slapd.tlsPort,
    ssl: true,
    startTls: false,
    ca: slapd.ca,
    sslAllowUnauthorized: false,
    rootPath: slapd.base,
    username: slapd.syncDn,
    password: slapd.syncPassword,
    pagedSearch: true,
    userPath: "ou=people",
    groupPath: "ou=groups",
    users: true,
    groups: true,
    timeoutMs: 10_000,
    ...more,
  });
}

export interface WholeSnapshot {
  users: Map<string, DirectoryUser>;
  groups: Map<string, GroupRead>;
  proof: CompletenessProof;
}

/** Reads a snapshot to its end; users and groups by key. */
export async function readWhole(
  directory: Directory,
  signal: AbortSignal = new AbortController().signal,
): Promise<WholeSnapshot> {
  const users = new Map<string, DirectoryUser>();
  const groups = new Map<string, GroupRead>();
  const pages = directory.snapshot(signal);
  let step = await pages.next();
  for (; step.done !== true; step = await pages.next()) {
    if (step.value.kind === "users") for (const user of step.value.users) users.set(user.key, user);
    else if (step.value.kind === "groups") for (const read of step.value.groups) groups.set(read.group.key, read);
  }
  return { users, groups, proof: step.value };
}
