/** One call, in order of arrival. `status` is 0 until it is answered, and stays 0 when the connection was cut. */
export interface HistoryEntry {
  n: number;
  /** `performance.now()` of the emulator's process at arrival. */
  at: number;
  /** The same clock, when the answer was made; absent until then and when the connection was cut. */
  endedAt?: number;
  method: string;
  /** As received, with `/api` or `/identity`, without the query. */
  path: string;
  /** Verb and template, e.g. `PUT /public/members/{id}`. */
  route: string;
  status: number;
  /** Parsed JSON or form (the client secret left out); null when there was none or it was dropped for space. */
  body: unknown;
  bodyBytes: number;
  fault?: string;
  /** What the server itself said in the end, after the proxy had answered 504. */
  lateStatus?: number;
}

/** Bodies of the oldest calls are dropped beyond this, so that load runs do not grow without bound. */
const MAX_BODY_BYTES = 16_000_000;

export class History {
  /** Told of every call when its body is there and nothing has been done yet. */
  onArrival: ((entry: HistoryEntry) => void) | undefined;
  readonly #limit: number;
  readonly #entries: HistoryEntry[] = [];
  readonly #counts = new Map<string, number>();
  #n = 0;
  #bodyBytes = 0;
  /** Index of the oldest entry that still has its body. */
  #oldestBody = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The calls still kept, oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** Calls by route since the start or the last reset of the counters; never bounded. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Number of the latest call. */
  get last(): number {
    return this.#n;
  }

  /** How often a route was called, e.g. `POST /public/organization/import`. */
  count(route: string): number {
    return this.#counts.get(route) ?? 0;
  }

  /** The calls after number `n`. */
  after(n: number): HistoryEntry[] {
    const first = this.#entries[0]?.n ?? 0;
    return this.#entries.slice(Math.max(0, n + 1 - first));
  }

  /** Calls of one route that are still kept. */
  of(route: string): HistoryEntry[] {
    return this.#entries.filter((entry) => entry.route === route);
  }

  /** Everything that was not a read and not a token. */
  writes(): HistoryEntry[] {
    return this.#entries.filter(({ method, route }) => method !== "GET" && route !== "POST /connect/token");
  }

  open(method: string, path: string, route: string): HistoryEntry {
    this.#n += 1;
    const at = performance.now();
    const entry: HistoryEntry = { n: this.#n, at, method, path, route, status: 0, body: null, bodyBytes: 0 };
    this.#entries.push(entry);
    this.#counts.set(route, this.count(route) + 1);
    if (this.#entries.length > this.#limit) this.#forgetOldest();
    return entry;
  }

  /** Only bodies that parse are kept. */
  setBody(entry: HistoryEntry, body: unknown, bodyBytes: number): void {
    entry.body = body;
    entry.bodyBytes = bodyBytes;
    this.#bodyBytes += bodyBytes;
    while (this.#bodyBytes > MAX_BODY_BYTES && this.#oldestBody < this.#entries.length) {
      const oldest = this.#entries[this.#oldestBody];
      this.#oldestBody += 1;
      if (oldest === undefined) continue;
      this.#bodyBytes -= oldest.body === null ? 0 : oldest.bodyBytes;
      oldest.body = null;
    }
    this.onArrival?.(entry);
  }

  /** Forgets a tenth at once, so that a long run pays for it rarely. */
  #forgetOldest(): void {
    const forgotten = this.#entries.splice(0, Math.max(1, Math.floor(this.#limit / 10)));
    this.#oldestBody = Math.max(0, this.#oldestBody - forgotten.length);
    for (const { body, bodyBytes } of forgotten) this.#bodyBytes -= body === null ? 0 : bodyBytes;
  }
}
