/** The side that failed, so that an administrator knows where to look. */
export const SIDES = ["directory", "bitwarden", "bridge", "configuration"] as const;
export type Side = (typeof SIDES)[number];

/** never: a person must act. later: try again with back-off. after: try again at `retryAfterMs`. */
export type Retry = "never" | "later" | "after";

/** Stable codes; messages may change, codes may not. */
export const ERROR_CODES = [
  "CONFIG_INVALID",
  "USAGE",
  "DIRECTORY_UNREACHABLE",
  "DIRECTORY_DENIED",
  "DIRECTORY_THROTTLED",
  "DIRECTORY_INCOMPLETE",
  "DIRECTORY_UNREADABLE",
  "BITWARDEN_UNREACHABLE",
  "BITWARDEN_DENIED",
  "BITWARDEN_THROTTLED",
  "BITWARDEN_REFUSED",
  "BITWARDEN_NO_SEATS",
  "BITWARDEN_INCOMPLETE",
  "BITWARDEN_UNKNOWN_OUTCOME",
  "BITWARDEN_NOT_APPLIED",
  "STORE_BUSY",
  "STORE_FAILED",
  "LOCKED",
  "ADDRESS_IN_USE",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

interface ErrorFacts {
  code: ErrorCode;
  side: Side;
  /** What happened, in one sentence, without secrets. */
  message: string;
  /** What the administrator can do, in one sentence. */
  remedy: string;
  retry: Retry;
  /** Milliseconds until a retry makes sense; only with `retry: "after"`. */
  retryAfterMs?: number;
  /** Whom or what it is about, e.g. `okta-main/user/00u1`. */
  subject?: string;
  /** HTTP status or LDAP result code, where there was one. */
  status?: number;
  /** What the server refused, by the path of the value in the request, e.g. `Members[3].Email`. Bounded. */
  details?: Record<string, string[]>;
  /** Nobody waits for the request any more, but the server may still be carrying it out. */
  stillRunning?: boolean;
  cause?: unknown;
}

/** Every failure that the bridge knows. One table (sync/retry.ts) decides what happens from `retry`. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly side: Side;
  readonly remedy: string;
  readonly retry: Retry;
  readonly retryAfterMs: number | undefined;
  readonly subject: string | undefined;
  readonly status: number | undefined;
  readonly details: Record<string, string[]> | undefined;
  readonly stillRunning: boolean;

  constructor(facts: ErrorFacts) {
    super(facts.message, { cause: facts.cause });
    this.name = "BridgeError";
    this.code = facts.code;
    this.side = facts.side;
    this.remedy = facts.remedy;
    this.retry = facts.retry;
    this.retryAfterMs = facts.retryAfterMs;
    this.subject = facts.subject;
    this.status = facts.status;
    this.details = facts.details;
    this.stillRunning = facts.stillRunning ?? false;
  }
}

/** Turns anything thrown into a BridgeError; what we do not know is `INTERNAL` and retried later. */
export function toBridgeError(thrown: unknown): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BridgeError({
    code: "INTERNAL",
    side: "bridge",
    message: `unexpected failure: ${message}`,
    remedy: "Look at the log around this line and report it if it repeats.",
    retry: "later",
    cause: thrown,
  });
}
