import { readFileSync } from "node:fs";
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import type { LdapDirectoryConfig } from "../../config/schema/ldap.ts";
import { resolveSecret } from "../../config/secrets/resolve.ts";
import type { CompletenessProof, GroupRead, ReadResult, SnapshotPage, UserRead } from "../../domain/directory.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { Directory, DirectoryIdentity } from "../directory.ts";
import { identify } from "./identify.ts";
import { layoutOf, type Layout } from "./layout.ts";
import type { LdapOptions } from "./options.ts";
import { readGroup, readUser } from "./direct.ts";
import { invalidConfig } from "./wire/errors.ts";
import { openSession, type Access, type Session } from "./wire/session.ts";
import { SharedSession } from "./wire/shared-session.ts";
import { readSnapshot } from "./snapshot.ts";

const TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Attributes by which servers let a filter ask for membership (AD and OpenLDAP, Oracle and 389, eDirectory). */
const MEMBERSHIP = /\b(memberof|ismemberof|groupmembership)\b/i;

/** Opens the LDAP server of a connection, with password and certificates as they are now; connects on first use. */
export async function openLdapDirectory(
  connection: ConnectionConfig,
  directory: LdapDirectoryConfig,
): Promise<Directory> {
  const { hostnames, sslCaPath, tlsCaPath, sslCertPath, sslKeyPath, password, ...plain } = directory;
  const [hostname = ""] = hostnames;
  if (hostnames.length > 1) throw severalHosts(connection.name);
  const caPath = directory.startTls ? tlsCaPath : sslCaPath;
  return openLdap({
    ...plain,
    ...connection.sync,
    connection: connection.name,
    hostname,
    password: resolveSecret(password).reveal(),
    ca: readPem(caPath),
    cert: readPem(sslCertPath),
    key: readPem(sslKeyPath),
  });
}

/**
 * An LDAP server as a directory. Checks the options and throws CONFIG_INVALID; connects to nothing
 * until the first call. A poll is a snapshot: there is no `changesSince`.
 */
export function openLdap(options: LdapOptions): Directory {
  return new LdapDirectory(options);
}

class LdapDirectory implements Directory {
  readonly concurrency = 4;
  // OpenLDAP's refint corrects the groups 0.3 to 1.3 s after a rename (measured on 2.5).
  readonly settleMs = 2_000;
  readonly userStateDependsOnGroups: boolean;
  readonly #layout: Layout;
  readonly #access: Access;
  readonly #wanted: { users: boolean; groups: boolean };
  readonly #closing = new AbortController();
  readonly #direct: SharedSession;

  constructor(options: LdapOptions) {
    const layout = layoutOf(options);
    const access = accessOf(options);
    this.userStateDependsOnGroups = options.groups && MEMBERSHIP.test(options.userFilter ?? "");
    this.#layout = layout;
    this.#access = access;
    this.#wanted = options;
    this.#direct = new SharedSession(() => openSession(layout, access, this.#closing.signal));
  }

  async identify(signal: AbortSignal): Promise<DirectoryIdentity> {
    await using session = await this.#ownSession(signal);
    return await identify(session, this.#access, signal);
  }

  async *snapshot(signal: AbortSignal): AsyncGenerator<SnapshotPage, CompletenessProof, undefined> {
    await using session = await this.#ownSession(signal);
    return yield* readSnapshot(session, this.#wanted, signal);
  }

  async readUser(key: string, signal: AbortSignal): Promise<ReadResult<UserRead>> {
    return this.#direct.use((session) => readUser(session, key, signal));
  }

  async readGroup(key: string, signal: AbortSignal): Promise<ReadResult<GroupRead>> {
    return this.#direct.use((session) => readGroup(session, key, signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#direct[Symbol.asyncDispose]();
  }

  #ownSession(signal: AbortSignal): Promise<Session> {
    return openSession(this.#layout, this.#access, AbortSignal.any([signal, this.#closing.signal]));
  }
}

function accessOf(options: LdapOptions): Access {
  const { hostname, port, ca, cert, key, username, password } = options;
  // StartTLS whenever it is asked for; Directory Connector silently stays in clear text without `ssl`.
  const security = options.startTls ? "starttls" : options.ssl ? "ldaps" : "plain";
  return {
    transport: {
      hostname,
      port,
      security,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      allowUnauthorized: options.sslAllowUnauthorized,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    },
    username,
    password,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  };
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
  const message = "fail-over between several LDAP servers is not available in this version";
  return invalidConfig(connection, message, "Name one server with `hostname`.");
}
