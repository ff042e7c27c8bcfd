/** The value of a JSON text, still to be checked by a schema; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON is an answer of its own here: every caller's schema turns undefined down.
    return undefined;
  }
}
