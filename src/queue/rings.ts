import { Heap } from "./heap.ts";

/** What a key waits for: not before `dueAt` (epoch milliseconds), before keys of lower priority. */
export interface Due {
  dueAt: number;
  priority: number;
}

interface Ring extends Due {
  key: string;
  order: number;
}

/** Two rings of one key are one: the earliest time and the highest priority win. */
export function join(a: Due | undefined, b: Due): Due {
  if (a === undefined) return b;
  return { dueAt: Math.min(a.dueAt, b.dueAt), priority: Math.max(a.priority, b.priority) };
}

/**
 * The keys that wait for a run, each once. A ring that was superseded stays in its heap and is known
 * by no longer being the key's current one, so that ringing never searches.
 */
export class Rings {
  readonly #current = new Map<string, Ring>();
  readonly #due = new Heap<Ring>(mostUrgent);
  readonly #later = new Heap<Ring>(soonest);
  #order = 0;

  add(key: string, due: Due): void {
    const known = this.#current.get(key);
    const joined = join(known, due);
    if (known !== undefined && joined.dueAt === known.dueAt && joined.priority === known.priority) return;
    const ring = { key, order: known?.order ?? this.#order++, ...joined };
    this.#current.set(key, ring);
    this.#later.push(ring);
  }

  /** Takes the most urgent key that is due at `now`; undefined when none is. */
  take(now: number): string | undefined {
    this.#promote(now);
    const ring = this.#head(this.#due);
    if (ring === undefined) return undefined;
    this.#due.pop();
    this.#current.delete(ring.key);
    return ring.key;
  }

  hasDue(now: number): boolean {
    this.#promote(now);
    return this.#head(this.#due) !== undefined;
  }

  /** When the next key that is not due yet becomes due; undefined when there is none. */
  nextDueAt(): number | undefined {
    return this.#head(this.#later)?.dueAt;
  }

  #promote(now: number): void {
    for (let ring = this.#head(this.#later); ring !== undefined && ring.dueAt <= now; ring = this.#head(this.#later)) {
      this.#later.pop();
      this.#due.push(ring);
    }
  }

  #head(heap: Heap<Ring>): Ring | undefined {
    let ring = heap.peek();
    while (ring !== undefined && this.#current.get(ring.key) !== ring) {
      heap.pop();
      ring = heap.peek();
    }
    return ring;
  }
}

function mostUrgent(a: Ring, b: Ring): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return soonest(a, b);
}

function soonest(a: Ring, b: Ring): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
