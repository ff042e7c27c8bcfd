import type { Bitwarden } from "../bitwarden/bitwarden.ts";
import type { Directory } from "../directories/directory.ts";
import type { GuardLimits, SyncOptions } from "../domain/options.ts";
import type { Database } from "../store/database.ts";
import type { DirectoryStore } from "../store/directory-store.ts";
import type { Hints } from "../store/hints.ts";
import type { Owner } from "../store/ledger.ts";
import type { OperationRow } from "../store/operations.ts";
import type { ImportSize } from "./deliver/import-size.ts";
import type { SyncObserver } from "./observer.ts";
import type { Outage } from "./read/outage.ts";

/** Everything that one connection feeding one organization works with. */
export interface Connection {
  owner: Owner;
  options: SyncOptions;
  guard: GuardLimits;
  /** E-mail addresses, lower-cased. */
  protected: Set<string>;
  mode: "sync" | "observe";
  /** False in `mode: observe`, and while only a plan is made: nothing is ever sent. */
  delivers: boolean;
  firstRun: "hold" | "apply";
  /** Changes with everything that decides who is in scope. */
  scopeHash: string;
  /** How many groups' members are read live per reconciliation beyond those with a difference. */
  rotation: number;
  /** Opened on first use. */
  directory(): Promise<Directory>;
  /** After refused credentials: the next use reads the secrets anew and opens again. */
  reopenDirectory(): Promise<void>;
  /** Of the directory, as its single reads met it. */
  outage: Outage;
  bitwarden: Bitwarden;
  database: Database;
  hints: Hints;
  directoryStore: DirectoryStore;
  observer: SyncObserver;
  /** How much one import of the organization may carry. */
  importSize: { people: ImportSize; groups: ImportSize };
  /** False: stopped. Asked between two requests, so that a stop does not wait for the end of a unit. */
  mayGoOn(): Promise<boolean>;
  /** Rings the doorbell of the organization's decide-and-deliver loop. */
  ringOrganization(): void;
  /** Rings the doorbell of the connection's directory reads. */
  ringDirectory(dueAt?: number): void;
}

/** The options that an operation is sent with. */
export function optionsOf(connection: Connection, _operation: OperationRow): SyncOptions {
  return connection.options;
}
