import { AndFilter, EqualityFilter, ExtensibleFilter, FilterParser, OrFilter, type Filter } from "ldapts";

/**
 * Reads a raw LDAP filter as other tools write it: blanks between the parts, and `\HH` for the bytes
 * of UTF-8 characters (the parser would take each byte for a character and find nobody).
 * Throws an Error that names the place.
 */
export function parseFilter(text: string): Filter {
  const filter = text.trim().replace(/([()&|!])\s+(?=[()&|!])/g, "$1");
  requireBalance(filter);
  return FilterParser.parseString(filter.replace(/(?:\\[0-9a-f]{2})+/gi, unescapeRun));
}

/** `(&(objectClass=CLASS)FILTER)`, Directory Connector's composition. */
export function classFilter(objectClass: string, filter: string | undefined): Filter {
  const ofClass = equals("objectClass", objectClass);
  return filter === undefined || filter.trim() === "" ? ofClass : and(ofClass, parseFilter(filter));
}

/** A value from outside, safe without escaping. */
export function equals(attribute: string, value: string): Filter {
  return new EqualityFilter({ attribute, value });
}

/** Like `equals` where the attribute itself minds the case, as memberUid does (RFC 4517 caseIgnoreIA5Match). */
export function caseIgnored(attribute: string, value: string): Filter {
  return new ExtensibleFilter({ rule: "caseIgnoreIA5Match", matchType: attribute, value });
}

export function and(...filters: Filter[]): Filter {
  return new AndFilter({ filters });
}

export function or(...filters: Filter[]): Filter {
  return new OrFilter({ filters });
}

function unescapeRun(run: string): string {
  const bytes = Buffer.from(run.replaceAll("\\", ""), "hex");
  const text = bytes.toString("utf8");
  if (text.includes("\ufffd")) throw new Error(`the bytes ${run} are not UTF-8; filter on a text attribute instead`);
  return text.replace(/[()*\\\0]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function requireBalance(filter: string): void {
  if (!filter.startsWith("(")) throw new Error("a filter begins with `(`, e.g. `(employeeType=staff)`");
  let depth = 0;
  for (let at = 0; at < filter.length; at++) {
    if (filter[at] === "(") depth++;
    if (filter[at] === ")") depth--;
    if (depth === 0 && at < filter.length - 1) {
      throw new Error(`\`${filter.slice(at + 1)}\` stands outside of the outer brackets; join the parts as (&(…)(…))`);
    }
  }
  if (depth !== 0) throw new Error(`${String(depth)} bracket(s) are not closed`);
}
