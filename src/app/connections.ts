import { readFileSync } from "node:fs";
import { openBitwarden } from "../bitwarden/client.ts";
import type { Bitwarden } from "../bitwarden/bitwarden.ts";
import type { ConnectionConfig } from "../config/connection.ts";
import type { OrganizationConfig } from "../config/organization.ts";
import { resolveSecret } from "../config/resolve-secret.ts";
import { scopeHash } from "../config/scope-hash.ts";
import type { Directory } from "../directories/directory.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Queue } from "../queue/queue.ts";
import type { Database } from "../store/database.ts";
import type { DirectoryStore } from "../store/directory-store.ts";
import type { Hints } from "../store/hints.ts";
import { connectionRow } from "../store/state.ts";
import type { Connection } from "../sync/connection.ts";
import { ImportSize } from "../sync/deliver/import-size.ts";
import type { SyncObserver } from "../sync/observer.ts";
import { Outage } from "../sync/read/outage.ts";
import { openDirectory } from "./directories.ts";

/** Cloud reads are 200 a minute: one minute's worth per reconciliation goes into the rotation. */
const ROTATION_IN_CLOUD = 100;

export interface Parts {
  database: Database;
  hints: Hints;
  directoryStore: DirectoryStore;
  queue: Queue;
  observer: SyncObserver;
  metrics: Metrics;
  /** A stable UUID of this installation. */
  deviceIdentifier: string;
  /** Read and decide only. */
  planOnly: boolean;
}

/** A connection with what must be closed. */
export interface OpenConnection extends Connection, AsyncDisposable {}

/** The queue keys: what a ring means. */
export const keys = {
  reads: (connection: string) => `reads/${connection}`,
  snapshot: (connection: string) => `snapshot/${connection}`,
  organization: (organization: string) => `organization/${organization}`,
};

/** Revocations of one organization must not wait for another's snapshot. */
const PRIORITY = { organization: 2, reads: 1, snapshot: 0 };

/** Wires one configured connection; nothing is contacted yet. */
export function openConnection(
  connection: ConnectionConfig,
  organization: OrganizationConfig,
  parts: Parts,
): OpenConnection {
  const directory = reopening(() => openDirectory(connection));
  const bitwarden = openClient(organization, parts);
  return {
    owner: { organization: organization.name, connection: connection.name },
    options: connection.sync,
    guard: organization.guard,
    protected: new Set(organization.protected.map((email) => email.toLowerCase())),
    mode: organization.mode,
    delivers: organization.mode === "sync" && !parts.planOnly,
    firstRun: organization.firstRun,
    scopeHash: scopeHash(connection),
    rotation: organization.bitwarden.cloud ? ROTATION_IN_CLOUD : Number.POSITIVE_INFINITY,
    directory: directory.get,
    reopenDirectory: directory.drop,
    outage: new Outage(),
    bitwarden,
    database: parts.database,
    hints: parts.hints,
    directoryStore: parts.directoryStore,
    observer: parts.observer,
    importSize: { people: new ImportSize(), groups: new ImportSize() },
    async mayGoOn() {
      return (await connectionRow(parts.database.reader, connection.name))?.started === 1;
    },
    ringOrganization() {
      void parts.queue.ring(keys.organization(organization.name), { priority: PRIORITY.organization });
    },
    ringDirectory(dueAt) {
      const due = dueAt === undefined ? {} : { dueAt };
      void parts.queue.ring(keys.reads(connection.name), { priority: PRIORITY.reads, ...due });
      void parts.queue.ring(keys.snapshot(connection.name), { priority: PRIORITY.snapshot, ...due });
    },
    async [Symbol.asyncDispose]() {
      await directory.drop();
      await bitwarden[Symbol.asyncDispose]();
    },
  };
}

function openClient(organization: OrganizationConfig, parts: Parts): Bitwarden {
  const { urls, clientId, clientSecret, pace, ca } = organization.bitwarden;
  return openBitwarden({
    organization: organization.name,
    apiUrl: urls.api,
    identityUrl: urls.identity,
    clientId,
    clientSecret: () => resolveSecret(clientSecret).reveal(),
    ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
    pace,
    deviceIdentifier: parts.deviceIdentifier,
    onCall(call) {
      parts.metrics.bitwardenCall(`${call.method} ${call.route}`, call.status ?? 0, call.ms / 1000);
    },
  });
}

/** Opens on first use, once for all callers; after `drop`, or a failure, the next use opens again. */
function reopening(open: () => Promise<Directory>): { get: () => Promise<Directory>; drop: () => Promise<void> } {
  let current: Promise<Directory> | undefined;
  return {
    async get() {
      current ??= open();
      const mine = current;
      try {
        return await mine;
      } catch (error) {
        if (current === mine) current = undefined;
        throw error;
      }
    },
    async drop() {
      const old = current;
      current = undefined;
      if (old === undefined) return;
      // What could not be opened needs no closing.
      const opened = await old.catch(() => null);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}
