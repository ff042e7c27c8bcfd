import type { Directory } from "../directories/directory.ts";
import type { SyncOptions } from "../domain/options.ts";
import type { Database } from "../store/database.ts";
import type { DirectoryStore } from "../store/directory/directory-store.ts";
import type { Hints } from "../store/hints/hints.ts";
import type { SyncObserver } from "./observer.ts";
import type { Outage } from "./outage.ts";

/** One directory that is read, with its own options, scope and state: what the reading room works with. */
export interface Connection {
  owner: { organization: string; connection: string };
  options: SyncOptions;
  /** When this directory says disabled or gone, the person leaves at once, whoever else claims them. */
  authoritative: boolean;
  /** Changes with everything that decides who is in scope. */
  scopeHash: string;
  /** Opened on first use. */
  directory(): Promise<Directory>;
  /** After refused credentials: the next use reads the secrets anew and opens again. */
  reopenDirectory(): Promise<void>;
  /** Of the directory, as its single reads met it. */
  outage: Outage;
  database: Database;
  hints: Hints;
  directoryStore: DirectoryStore;
  observer: SyncObserver;
  /** Rings the doorbell of the organization's decide-and-deliver loop. */
  ringOrganization(): void;
  /** Rings the doorbell of the connection's directory reads. */
  ringDirectory(dueAt?: number): void;
}
