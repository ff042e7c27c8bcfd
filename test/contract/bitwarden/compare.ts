import { isRecord } from "./notation.ts";

export interface Mismatch {
  /** JSON pointer; `/-` stands for some item of a list. */
  path: string;
  expected: unknown;
  got: unknown;
}

/** What stands for a value that is missing, in `expected` or `got`. */
const ABSENT = "(absent)";
/** Any value but null. */
const ANY = "{{ANY}}";
/** Any value, also null. */
const ANYTHING = "{{ANYTHING}}";

/** The first mismatch; null when equal. Property order never matters, and lists are bags: the server defines no order. */
export function compare(expected: unknown, got: unknown, path = ""): Mismatch | null {
  if (expected === ANYTHING && got !== undefined) return null;
  if (expected === ANY && got !== null && got !== undefined) return null;
  if (Array.isArray(expected) && Array.isArray(got)) return compareBags(expected, got, path);
  if (isRecord(expected) && isRecord(got)) return compareRecords(expected, got, path);
  return Object.is(expected, got) ? null : { path, expected, got: got === undefined ? ABSENT : got };
}

function compareRecords(
  expected: Record<string, unknown>,
  got: Record<string, unknown>,
  path: string,
): Mismatch | null {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const mismatch = Object.hasOwn(expected, key)
      ? compare(expected[key], Object.hasOwn(got, key) ? got[key] : undefined, at)
      : { path: at, expected: ABSENT, got: got[key] };
    if (mismatch !== null) return mismatch;
  }
  return null;
}

function compareBags(expected: readonly unknown[], got: readonly unknown[], path: string): Mismatch | null {
  if (expected.length !== got.length) return { path, expected, got };
  const rest = [...got];
  // What is vague comes last, so that it does not take what something exact needs.
  for (const wanted of [...expected].sort((a, b) => vagueness(a) - vagueness(b))) {
    const index = rest.findIndex((item) => compare(wanted, item) === null);
    if (index >= 0) rest.splice(index, 1);
    else if (rest.length === 1) return compare(wanted, rest[0], `${path}/-`);
    else return { path: `${path}/-`, expected: wanted, got: rest };
  }
  return null;
}

function vagueness(value: unknown): number {
  return JSON.stringify(value).match(/\{\{ANY(?:THING)?\}\}/g)?.length ?? 0;
}
