const FIRST_COUNT = 100;
const MOST = 1_000;
/** How long one import should take: a server that mails inside the request has a proxy that gives up at 90 s. */
const AIM_MS = 20_000;
/** One quick answer says little about ten times as many. */
const GROWTH = 4;
const EASING = 1.1;
/** Kestrel takes 30 MB, some proxies 10 or less. */
const FIRST_BYTES = 5_000_000;
const FEWEST_BYTES = 50_000;
/** Somebody may add seats at any time. */
const SEATS_KNOWN_MS = 5 * 60_000;

/** How much one import of an organization may carry, learned from how the last ones went. */
export class ImportSize {
  #count = FIRST_COUNT;
  /** Half of what timed out last, and a little more with every import that did not. */
  #most = MOST;
  #bytes: number;
  /** So many people did not fit into the seats. */
  #tooMany = Number.POSITIVE_INFINITY;
  #forgetAt = 0;

  constructor(bytes = FIRST_BYTES) {
    this.#bytes = bytes;
  }

  /** Records. At least one. */
  count(now: number): number {
    if (now >= this.#forgetAt) this.#tooMany = Number.POSITIVE_INFINITY;
    const fitting = this.#tooMany === Number.POSITIVE_INFINITY ? MOST : Math.floor(this.#tooMany / 2);
    return Math.max(1, Math.min(this.#count, fitting));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** That many were carried out in so many milliseconds. */
  took(count: number, ms: number): void {
    const fitting = Math.floor((count * AIM_MS) / Math.max(ms, 1));
    if (ms > AIM_MS) this.#count = clamp(fitting, count);
    // A small rest says nothing about what a full import would take.
    else if (count >= this.#count) {
      this.#most = clamp(Math.ceil(this.#most * EASING), MOST);
      this.#count = clamp(Math.max(this.#count, Math.min(fitting, count * GROWTH)), this.#most);
    }
    if (this.#tooMany !== Number.POSITIVE_INFINITY) this.#tooMany = Math.max(1, this.#tooMany - count);
  }

  /** Nobody waited for the end. */
  timedOut(count: number): void {
    this.#most = clamp(Math.ceil(count / 2), MOST);
    this.#count = this.#most;
  }

  /** The request was refused for its size. False: it cannot be made smaller. */
  tooLarge(bytes: number): boolean {
    if (this.#bytes <= FEWEST_BYTES) return false;
    this.#bytes = Math.max(FEWEST_BYTES, Math.ceil(Math.min(bytes, this.#bytes) / 2));
    return true;
  }

  /** That many do not fit into the seats, so half of them may. False: not even one does. */
  noSeats(count: number, now: number): boolean {
    this.#tooMany = count;
    this.#forgetAt = now + SEATS_KNOWN_MS;
    return count > 1;
  }
}

function clamp(count: number, most: number): number {
  return Math.max(1, Math.min(count, most));
}
