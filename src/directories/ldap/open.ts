import { readFileSync } from "node:fs";
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import type { LdapDirectoryConfig } from "../../config/schema/ldap.ts";
import { resolveSecret } from "../../config/secrets/resolve.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { Directory } from "../directory.ts";
import { openLdap } from "./ldap.ts";

/** Opens the LDAP server of a connection, with password and certificates as they are now; connects on first use. */
export async function openLdapDirectory(
  connection: ConnectionConfig,
  directory: LdapDirectoryConfig,
): Promise<Directory> {
  const { type: _type, hostnames, sslCaPath, tlsCaPath, sslCertPath, sslKeyPath, password, ...plain } = directory;
  const [hostname = ""] = hostnames;
  if (hostnames.length > 1) throw severalHosts(connection.name);
  const caPath = directory.startTls ? tlsCaPath : sslCaPath;
  const { sync } = connection;
  return openLdap({
    ...plain,
    ...defined({
      userPath: sync.userPath,
      groupPath: sync.groupPath,
      userObjectClass: sync.userObjectClass,
      groupObjectClass: sync.groupObjectClass,
      userEmailAttribute: sync.userEmailAttribute,
      groupNameAttribute: sync.groupNameAttribute,
      memberAttribute: sync.memberAttribute,
      useEmailPrefixSuffix: sync.useEmailPrefixSuffix,
      emailPrefixAttribute: sync.emailPrefixAttribute,
      emailSuffix: sync.emailSuffix,
      userFilter: sync.userFilter,
      groupFilter: sync.groupFilter,
      ca: readPem(caPath),
      cert: readPem(sslCertPath),
      key: readPem(sslKeyPath),
    }),
    connection: connection.name,
    hostname,
    password: resolveSecret(password).reveal(),
    users: sync.users,
    groups: sync.groups,
  });
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The same without the keys that are undefined. */
function defined<T extends object>(values: T): Defined<T> {
  const kept: Defined<T> = { ...values };
  for (const [key, value] of Object.entries(values)) if (value === undefined) Reflect.deleteProperty(kept, key);
  return kept;
}

/** A file that is named must exist: Directory Connector ignores a missing one and fails later without a word. */
function readPem(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new BridgeError({
      code: "CONFIG_INVALID",
      side: "configuration",
      message: `the PEM file ${path} cannot be read`,
      remedy: "Check the path and its permissions.",
      retry: "later",
      cause,
    });
  }
}

function severalHosts(connection: string): BridgeError {
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    subject: connection,
    message: "fail-over between several LDAP servers is not available in this version",
    remedy: "Name one server with `hostname`.",
    retry: "never",
  });
}
