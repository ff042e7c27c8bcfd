import type { BridgeError } from "../domain/errors.ts";
import type { Notice } from "../domain/notices.ts";
import type { OperationRow } from "../store/operations/operations.ts";

/** What sync tells whoever watches: one canonical line per hint and per operation, and the failures. */
export interface SyncObserver {
  /** `hint`: correlation id, which the operations that follow carry too. */
  hintResolved(connection: string, hint: string, outcome: string, ms: number): void;
  /** `kind`: `user`, `group` or `snapshot`. */
  directoryRead(connection: string, kind: string): void;
  progress(connection: string, step: string, counts: Record<string, number>): void;
  reconciled(connection: string, counts: Record<string, number>, evidence: string, ms: number): void;
  decided(organization: string, counts: Record<string, number>): void;
  held(organization: string, hold: string, count: number): void;
  noticed(organization: string, notice: Notice): void;
  operationDone(organization: string, operation: OperationRow, latencyMs: number): void;
  operationFailed(organization: string, operation: OperationRow, error: BridgeError, next: string): void;
  failure(where: string, error: BridgeError): void;
}
