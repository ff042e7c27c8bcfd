import type { ConnectionConfig } from "../config/schema/connection.ts";
import { scopeHash } from "../config/scope-hash.ts";
import type { Directory } from "../directories/directory.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Queue } from "../queue/queue.ts";
import type { Database } from "../store/database.ts";
import type { DirectoryStore } from "../store/directory/directory-store.ts";
import type { Hints } from "../store/hints/hints.ts";
import type { Connection } from "../sync/connection.ts";
import type { SyncObserver } from "../sync/observer.ts";
import { Outage } from "../sync/outage.ts";
import { openDirectory } from "./directories.ts";

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
export const PRIORITY = { organization: 2, reads: 1, snapshot: 0 };

/** Wires one configured connection; nothing is contacted yet. */
export function openConnection(connection: ConnectionConfig, parts: Parts): OpenConnection {
  const directory = reopening(() => openDirectory(connection));
  const { name, organization } = connection;
  return {
    owner: { organization, connection: name },
    options: connection.sync,
    authoritative: connection.authoritative,
    scopeHash: scopeHash(connection),
    directory: directory.get,
    reopenDirectory: directory.drop,
    outage: new Outage(),
    database: parts.database,
    hints: parts.hints,
    directoryStore: parts.directoryStore,
    observer: parts.observer,
    ringOrganization() {
      void parts.queue.ring(keys.organization(organization), { priority: PRIORITY.organization });
    },
    ringDirectory(dueAt) {
      const due = dueAt === undefined ? {} : { dueAt };
      void parts.queue.ring(keys.reads(name), { priority: PRIORITY.reads, ...due });
      void parts.queue.ring(keys.snapshot(name), { priority: PRIORITY.snapshot, ...due });
    },
    async [Symbol.asyncDispose]() {
      await directory.drop();
    },
  };
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
