/** Well, degraded or held, in words: what `/health`, the console's first page and `status` say. Pure. */

type Wellness = "well" | "degraded" | "held";

/** What is known about a connection now. Times in epoch milliseconds, null: never. */
export interface ConnectionState {
  name: string;
  organization: string;
  /** False: stopped by an administrator; hints are stored, nothing is read or written. */
  started: boolean;
  lastHookAtMs: number | null;
  lastPollAtMs: number | null;
  lastReconciliationAtMs: number | null;
  /** The time within which a complete reconciliation is expected again. */
  reconcileWithinMs: number;
  waiting: number;
  oldestWaitingAtMs: number | null;
  /** Subjects that keep failing, and the newest reason in one sentence. */
  blocked: number;
  error: string | null;
}

export interface OrganizationState {
  name: string;
  mode: "sync" | "observe";
  /** Whether a person has approved the first plan, or none needs to. */
  firstRunApproved: boolean;
  held: number;
  failed: number;
  /** Refused by a person, and still planned. */
  rejected: number;
  /** Operations that are on their way: to be sent, waiting for one another, or not yet read back. */
  toSend: number;
  /** Whom the directory let go and who still has access in Bitwarden. */
  stillActive: Named[];
  /** What a person must put right in Bitwarden, in sentences. */
  broken: string[];
  /** Why Bitwarden cannot be written to now, in one sentence. */
  error: string | null;
}

/** Somebody by name, and why. */
interface Named {
  label: string;
  why: string;
}

interface Judged {
  state: Wellness;
  /** One sentence per finding; empty when all is well. */
  because: string[];
}

export interface HealthReport extends Judged {
  connections: (ConnectionState & Judged)[];
  organizations: (OrganizationState & Judged)[];
}

/** A subject that waits longer than this, on a connection that runs, is a sign of trouble (Bitwarden's limits pass sooner). */
const WAITING_TOO_LONG_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

/** The worst state of any part is the state of the whole: degraded, then held, then well. */
export function health(
  nowMs: number,
  connections: readonly ConnectionState[],
  organizations: readonly OrganizationState[],
): HealthReport {
  const judgedConnections = connections.map((state) => ({ ...state, ...judgeConnection(nowMs, state) }));
  const judgedOrganizations = organizations.map((state) => ({ ...state, ...judgeOrganization(state) }));
  const parts = [...judgedConnections, ...judgedOrganizations];
  return {
    state: worst(parts.map((part) => part.state)),
    because: parts.flatMap((part) => part.because.map((reason) => `${part.name}: ${reason}`)),
    connections: judgedConnections,
    organizations: judgedOrganizations,
  };
}

function judgeConnection(nowMs: number, state: ConnectionState): Judged {
  const because: string[] = [];
  if (!state.started)
    return { state: "degraded", because: ["stopped by an administrator: changes are stored, not applied"] };
  if (state.error !== null) because.push(state.error);
  if (state.blocked > 0) because.push(`${count(state.blocked, "subject")} cannot be read or applied`);
  const reconciledAtMs = state.lastReconciliationAtMs;
  if (reconciledAtMs === null) because.push("never read completely yet");
  else if (nowMs - reconciledAtMs > state.reconcileWithinMs) {
    because.push(`last complete reconciliation ${ago(nowMs, reconciledAtMs)}`);
  }
  if (state.oldestWaitingAtMs !== null && nowMs - state.oldestWaitingAtMs > WAITING_TOO_LONG_MS) {
    because.push(`${count(state.waiting, "subject")} waiting, the oldest from ${ago(nowMs, state.oldestWaitingAtMs)}`);
  }
  return { state: because.length === 0 ? "well" : "degraded", because };
}

function judgeOrganization(state: OrganizationState): Judged {
  const trouble: string[] = [];
  if (state.error !== null) trouble.push(state.error);
  if (state.failed > 0) trouble.push(`${count(state.failed, "operation")} failed`);
  trouble.push(...state.broken);
  const forgotten = state.stillActive.filter(({ why }) => why !== "held");
  if (forgotten.length > 0) trouble.push(stillActiveText(forgotten));
  const holds: string[] = [];
  if (state.held > 0) holds.push(`${count(state.held, "operation")} held for approval`);
  if (!state.firstRunApproved && state.mode === "sync")
    holds.push("the first plan waits for approval: nothing is written");
  const because = [...trouble, ...holds];
  return { state: trouble.length > 0 ? "degraded" : holds.length > 0 ? "held" : "well", because };
}

/** The names of a few stand for all: `status` lists everybody. */
const MOST_NAMES = 5;

function stillActiveText(people: readonly Named[]): string {
  const names = people.slice(0, MOST_NAMES).map(({ label, why }) => `${label} (${why})`);
  const more = people.length > MOST_NAMES ? `, and ${String(people.length - MOST_NAMES)} more` : "";
  return `the directory let go, and Bitwarden still gives access: ${names.join(", ")}${more}`;
}

function worst(states: readonly Wellness[]): Wellness {
  if (states.includes("degraded")) return "degraded";
  return states.includes("held") ? "held" : "well";
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function ago(nowMs: number, thenMs: number): string {
  const minutes = Math.round((nowMs - thenMs) / MINUTE_MS);
  if (minutes < 120) return `${count(minutes, "minute")} ago`;
  return `${count(Math.round(minutes / 60), "hour")} ago`;
}
