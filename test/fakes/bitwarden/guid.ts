const HEX = "[0-9a-f]";
const HYPHENED = new RegExp(`^${HEX}{8}(?:-${HEX}{4}){3}-${HEX}{12}$`, "i");
const PLAIN = new RegExp(`^(${HEX}{8})(${HEX}{4})(${HEX}{4})(${HEX}{4})(${HEX}{12})$`, "i");

/** The canonical form of an id in a path, where braces, round brackets or no hyphens are fine; null when it is no GUID. */
export function parsePathGuid(text: string): string | null {
  const trimmed = text.trim();
  const inner = /^(?:\{(.*)\}|\((.*)\))$/.exec(trimmed);
  const hyphened = inner?.[1] ?? inner?.[2] ?? trimmed;
  if (HYPHENED.test(hyphened)) return hyphened.toLowerCase();
  const parts = PLAIN.exec(trimmed);
  return parts === null ? null : parts.slice(1).join("-").toLowerCase();
}
