import type { Bitwarden } from "../bitwarden/bitwarden.ts";
import type { Source } from "../domain/model.ts";
import type { GuardLimits, SyncOptions } from "../domain/options.ts";
import type { PlannedOperation } from "../domain/operation.ts";
import { unqualified } from "../domain/subject.ts";
import type { Database } from "../store/database.ts";
import type { Hints } from "../store/hints/hints.ts";
import type { ImportSize } from "./deliver/import-size.ts";
import type { SyncObserver } from "./observer.ts";
import type { Outage } from "./outage.ts";

/** One connection as the organization that it feeds sees it. */
export interface FeedingSource extends Source {
  /** Changes with everything that decides who is in scope. */
  scopeHash: string;
  /** Rings the doorbell of the connection's directory reads. */
  ringDirectory(): void;
}

/** One organization of Bitwarden: whatever decides for it and writes to it works with this. */
export interface Organization {
  name: string;
  /** The connections that feed it, by name, in the order of the configuration. */
  sources: ReadonlyMap<string, FeedingSource>;
  guard: GuardLimits;
  /** E-mail addresses, lower-cased. */
  protected: Set<string>;
  mode: "sync" | "observe";
  /** False in `mode: observe`, and while only a plan is made: nothing is ever sent. */
  delivers: boolean;
  firstRun: "hold" | "apply";
  /** How many groups' members are read live per reconciliation beyond those with a difference. */
  rotation: number;
  /** Of Bitwarden or the store, as decisions and requests met it. */
  outage: Outage;
  /** How much one import may carry. */
  importSize: { people: ImportSize; groups: ImportSize };
  /** Milliseconds since this process began to work, by a clock that nobody sets. */
  ageMs(): number;
  bitwarden: Bitwarden;
  database: Database;
  hints: Hints;
  observer: SyncObserver;
  /** Rings the doorbell of the decide-and-deliver loop, at once or at that time. */
  ring(dueAt?: number): void;
}

/** How people of the connection that an operation comes from are to be invited. */
export function optionsOf(
  { sources }: Organization,
  operation: Pick<PlannedOperation, "key">,
): Pick<SyncOptions, "largeImport" | "inviteUsersAfterProvisioning"> {
  const options = sources.get(unqualified(operation.key).connection)?.options;
  return options ?? { largeImport: true, inviteUsersAfterProvisioning: true };
}
