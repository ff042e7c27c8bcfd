import { OktaApiFault, tooManyRequests } from "./errors.ts";
import { concurrencyExceeded, rateHeaders } from "./rate-limit.ts";

export type FaultKind =
  /** An error answer instead of the result. */
  | { kind: "status"; status: number; errorCode?: string; summary?: string }
  /** An over-limit answer; the reset lies `resetInMs` ahead (5 s unless given). */
  | { kind: "429"; resetInMs?: number }
  /** Over the limit of simultaneous calls: Limit 0 and a reset in the past. */
  | { kind: "429concurrency" }
  /** The connection is cut before anything is answered. */
  | { kind: "reset" }
  /** No answer at all, until the client gives up or the emulator stops. */
  | { kind: "stall" }
  /** The right answer, late. */
  | { kind: "slow"; delayMs: number }
  /** An empty page whose next link leads to the page that was asked for: nothing is lost, but there is a hole. */
  | { kind: "emptyMiddlePage" }
  /** The next link leads to another origin, with the same path and cursor. */
  | { kind: "foreignNext"; origin: string }
  /** Half of the JSON, properly framed. */
  | { kind: "truncatedJson" }
  /** Half of the body, then the connection is cut. */
  | { kind: "cutBody" };

export type Fault = FaultKind & {
  /** Which calls: a prefix of the path, or an expression tested on path and query. All calls unless given. */
  match?: string | RegExp;
  /** How many calls it hits; once unless given. */
  times?: number;
  /** How many matching calls pass unharmed first. */
  skip?: number;
};

/** Faults waiting to happen, first added first served; each call meets at most one. */
export class FaultPlan {
  readonly #waiting: { fault: Fault; skip: number; times: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** The fault this call meets; uses it up. */
  take(path: string, search: string): Fault | undefined {
    for (const [index, entry] of this.#waiting.entries()) {
      if (!matches(entry.fault, path, search)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.times -= 1;
      if (entry.times <= 0) this.#waiting.splice(index, 1);
      return entry.fault;
    }
    return undefined;
  }
}

function matches(fault: Fault, path: string, search: string): boolean {
  if (fault.match === undefined) return true;
  return typeof fault.match === "string" ? path.startsWith(fault.match) : fault.match.test(path + search);
}

/** The error answer a fault stands for, if it stands for one. */
export function faultAnswer(fault: Fault): OktaApiFault | undefined {
  if (fault.kind === "429") return tooManyRequests(rateHeaders(600, 0, Date.now() + (fault.resetInMs ?? 5_000)));
  if (fault.kind === "429concurrency") return concurrencyExceeded();
  if (fault.kind !== "status") return undefined;
  return new OktaApiFault(fault.status, fault.errorCode ?? "E0000009", fault.summary ?? "Internal Server Error");
}
