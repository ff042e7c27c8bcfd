import { throttled, type Answer } from "./answers.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export interface Limits {
  writesPerSecond: number;
  writesPerMinute: number;
  readsPerMinute: number;
  tokensPerMinute: number;
}

/** The repository defaults of bitwarden/server; production may override them. */
export const CLOUD_LIMITS: Limits = {
  writesPerSecond: 5,
  writesPerMinute: 60,
  readsPerMinute: 200,
  tokensPerMinute: 10,
};

interface Rule {
  period: "1s" | "1m";
  periodMs: number;
  limit: number;
}

interface Window {
  startMs: number;
  count: number;
}

export type Verdict = { refused: Answer } | { refused: null; headers: Record<string, string> };

/** Fixed windows that start with their first request, per client address, period, verb and exact path. */
export class Limiter {
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts one request. `path` is below the service's base, without the query. */
  admit(ip: string, service: "api" | "identity", method: string, path: string): Verdict {
    const rules = this.#rulesFor(service, method, path);
    const key = `${ip} ${service} ${method} ${path.toLowerCase().replace(/(?<=.)\/$/, "")}`;
    const headers: Record<string, string> = {};
    // The shorter period is tested first; what it refuses does not count against the longer one.
    for (const rule of rules) {
      const window = this.#count(`${rule.period} ${key}`, rule);
      const endsMs = window.startMs + rule.periodMs;
      if (window.count > rule.limit) {
        const retryAfter = Math.max(1, Math.ceil((endsMs - this.#now()) / 1000));
        return { refused: throttled(rule.period, retryAfter) };
      }
      headers["X-Rate-Limit-Limit"] = rule.period;
      headers["X-Rate-Limit-Remaining"] = String(rule.limit - window.count);
      headers["X-Rate-Limit-Reset"] = new Date(endsMs).toISOString();
    }
    return { refused: null, headers };
  }

  #count(key: string, rule: Rule): Window {
    const now = this.#now();
    let window = this.#windows.get(key);
    if (window === undefined || now >= window.startMs + rule.periodMs) {
      window = { startMs: now, count: 0 };
      this.#windows.set(key, window);
      if (this.#windows.size > 10_000) this.#forgetEnded(now);
    }
    window.count += 1;
    return window;
  }

  #forgetEnded(now: number): void {
    for (const [key, window] of this.#windows) if (now >= window.startMs + MINUTE_MS) this.#windows.delete(key);
  }

  #rulesFor(service: "api" | "identity", method: string, path: string): Rule[] {
    const limits = this.#limits;
    const second = (limit: number): Rule => ({ period: "1s", periodMs: SECOND_MS, limit });
    const minute = (limit: number): Rule => ({ period: "1m", periodMs: MINUTE_MS, limit });
    if (service === "identity") {
      const isToken = method === "POST" && path === "/connect/token";
      return [second(5), minute(isToken ? limits.tokensPerMinute : 60)];
    }
    if (method === "GET") return [minute(path === "/alive" ? 5 : limits.readsPerMinute)];
    return [second(limits.writesPerSecond), minute(limits.writesPerMinute)];
  }
}
