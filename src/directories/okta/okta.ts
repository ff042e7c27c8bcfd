/** Okta as a directory: reads with the vendor's SDK, which is loaded only here and only when a connection is opened. */
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import type { OktaDirectoryConfig } from "../../config/schema/okta.ts";
import { resolveSecret } from "../../config/secrets/resolve.ts";
import { subjectName, type Subject } from "../../domain/subject.ts";
import { parseScopeFilter } from "../../domain/scope.ts";
import type { Directory } from "../directory.ts";
import type { Ask } from "./calls.ts";
import { readGroup, readUser } from "./direct.ts";
import { identify } from "./identify.ts";
import type { OktaScope } from "./judge.ts";
import { changesSince } from "./log.ts";
import { createReader } from "./reader.ts";
import { checkKey } from "./records.ts";
import { snapshot } from "./snapshot.ts";

export interface OktaOptions {
  /** Name of the connection, for subjects and messages. */
  connection: string;
  /** `https://example.okta.com`; only its origin is used. */
  orgUrl: string;
  /** An API token (SSWS). */
  token: string;
  /** Directory Connector's filters, by e-mail address and by group name. */
  userFilter?: string | undefined;
  groupFilter?: string | undefined;
  users: boolean;
  groups: boolean;
  /** Per request, milliseconds. */
  requestTimeoutMs?: number;
  /**
   * Requests at once. Okta allows 35 to 75, shared with everything else in the organization
   * (https://developer.okta.com/docs/reference/rl2-concurrency/).
   */
  concurrency?: number;
  /** Okta recommends at most 200. */
  pageSize?: number;
  /** Called once per request sent, for metrics. */
  onRead?: () => void;
}

/** Opens the Okta organization of a connection, with the token as it is now. */
export function openOktaDirectory(connection: ConnectionConfig, directory: OktaDirectoryConfig): Promise<Directory> {
  const { orgUrl, token } = directory;
  return openOkta({ ...connection.sync, connection: connection.name, orgUrl, token: resolveSecret(token).reveal() });
}

/**
 * Opens an Okta connection; sends nothing yet. Throws CONFIG_INVALID for a malformed filter or options that the SDK
 * refuses. The directory's methods reject with BridgeErrors, or with the signal's reason once it is aborted.
 */
export async function openOkta(options: OktaOptions): Promise<Directory> {
  const scope = scopeOf(options);
  const concurrency = options.concurrency ?? 4;
  const { connect } = await import("./connection.ts");
  const connection = connect({
    orgUrl: options.orgUrl,
    token: options.token,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    concurrency,
    onRead: options.onRead ?? (() => undefined),
  });
  const reader = createReader(connection, options.pageSize ?? 200);
  const asking = (kind: Subject["kind"], key: string, signal: AbortSignal): Ask => ({
    subject: subjectName({ connection: options.connection, kind, key }),
    signal,
    urgent: kind !== "all",
  });
  return {
    concurrency,
    userStateDependsOnGroups: scope.groupRule,
    identify: (signal) => identify(reader, connection, options.orgUrl, asking("all", "", signal)),
    snapshot: (signal) => snapshot(reader, scope, options, asking("all", "", signal)),
    async readUser(key, signal) {
      const ask = asking("user", key, signal);
      checkKey(key, ask.subject);
      return readUser(reader, scope, key, ask);
    },
    async readGroup(key, signal) {
      const ask = asking("group", key, signal);
      checkKey(key, ask.subject);
      return readGroup(reader, scope, key, ask);
    },
    changesSince: (cursor, signal) => changesSince(connection, options.connection, cursor, asking("all", "", signal)),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

function scopeOf(options: OktaOptions): OktaScope {
  const groups = parseScopeFilter(options.groupFilter, "groupFilter");
  return {
    users: parseScopeFilter(options.userFilter, "userFilter"),
    groups,
    groupRule: options.groups && groups.clause !== null,
  };
}
