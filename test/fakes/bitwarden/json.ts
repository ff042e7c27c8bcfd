/** JSON as the vendor's reader sees it: strict, with numbers as they were written, and with the place where it broke. */

/** MVC's default depth of JSON. */
const MAX_DEPTH = 32;
/** Numbers that JavaScript would write differently, such as 1.50 or twenty digits. */
const MAYBE_ODD_NUMBER = /[[:,]\s*(?:-?\d+[.eE]|-?\d{16}|-0)/;

/** A number that JavaScript would not write as it came. */
export class OddNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  toJSON(): number {
    return Number(this.source);
  }
}

export interface ParsedJson {
  /** What was read, up to the place where it broke; undefined when nothing was. */
  value: unknown;
  /** Names and indexes that lead to that place; null when the text is sound. */
  brokenAt: (string | number)[] | null;
}

export function parseJson(text: string): ParsedJson {
  if (!MAYBE_ODD_NUMBER.test(text) && !isTooDeep(text)) {
    try {
      return { value: JSON.parse(text) as unknown, brokenAt: null };
    } catch {
      // Only the slow reader below knows where it broke.
    }
  }
  return new Reader(text).read();
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

class Broken extends Error {}

type Keep = (value: unknown) => void;

/** Recursive descent; what was read so far is already in its container when the text breaks. */
class Reader {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): ParsedJson {
    let value: unknown;
    try {
      this.#value((read) => {
        value = read;
      });
      if (this.#peek() !== "") throw new Broken();
      return { value, brokenAt: null };
    } catch (thrown) {
      if (!(thrown instanceof Broken)) throw thrown;
      return { value, brokenAt: [...this.#path] };
    }
  }

  /** The next character behind white space; empty at the end. */
  #peek(): string {
    while (" \t\n\r".includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  #eat(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #value(keep: Keep): void {
    const next = this.#peek();
    if (next === "{") this.#object(keep);
    else if (next === "[") this.#array(keep);
    else if (next === '"') keep(this.#string());
    else keep(this.#word());
  }

  #object(keep: Keep): void {
    const object: Record<string, unknown> = {};
    this.#open(keep, object);
    if (this.#eat("}")) return;
    do {
      if (this.#peek() !== '"') throw new Broken();
      const name = this.#string();
      if (!this.#eat(":")) throw new Broken();
      this.#inside(name, (value) => {
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      });
    } while (this.#eat(","));
    if (!this.#eat("}")) throw new Broken();
  }

  #array(keep: Keep): void {
    const items: unknown[] = [];
    this.#open(keep, items);
    if (this.#eat("]")) return;
    do this.#inside(items.length, (value) => items.push(value));
    while (this.#eat(","));
    if (!this.#eat("]")) throw new Broken();
  }

  #open(keep: Keep, container: unknown): void {
    if (this.#path.length >= MAX_DEPTH) throw new Broken();
    this.#at += 1;
    keep(container);
  }

  #inside(key: string | number, keep: Keep): void {
    this.#path.push(key);
    this.#value(keep);
    this.#path.pop();
  }

  #string(): string {
    const start = this.#at;
    for (this.#at += 1; this.#text.charAt(this.#at) !== '"'; this.#at += 1) {
      if (this.#at >= this.#text.length) throw new Broken();
      if (this.#text.charAt(this.#at) === "\\") this.#at += 1;
    }
    this.#at += 1;
    return String(parseOrBreak(this.#text.slice(start, this.#at)));
  }

  #word(): unknown {
    const source = /^[\w.+-]+/.exec(this.#text.slice(this.#at, this.#at + 400))?.[0] ?? "";
    const value = parseOrBreak(source);
    this.#at += source.length;
    if (typeof value !== "number") return value;
    // A number that touches the end might go on, so the vendor's reader gives up on it.
    if (this.#path.length > 0 && this.#at >= this.#text.length) throw new Broken();
    return String(value) === source ? value : new OddNumber(source);
  }
}

function parseOrBreak(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    throw new Broken();
  }
}
