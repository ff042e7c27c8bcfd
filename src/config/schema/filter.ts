import { BridgeError } from "../../domain/errors.ts";
import { parseScopeFilter } from "../../domain/scope.ts";

/** Why a text is not an LDAP filter in its own parentheses; the LDAP directory parses the rest. */
export function ldapFilterProblem(filter: string): string | undefined {
  // A backslash and two digits stand for one character, parentheses included (RFC 4515 §3).
  const bare = filter.replace(/\\[0-9a-fA-F]{2}/g, "");
  if (!bare.startsWith("("))
    return "must be an LDAP filter in parentheses, such as (memberOf=cn=staff,dc=example,dc=com)";
  let depth = 0;
  for (const { 0: parenthesis, index } of bare.matchAll(/[()]/g)) {
    depth += parenthesis === "(" ? 1 : -1;
    if (depth === 0 && index < bare.length - 1) return "must be one LDAP filter: join several with (&…) or (|…)";
  }
  return depth === 0 ? undefined : "has a parenthesis that is not closed";
}

/** Why a text is not a filter in Directory Connector's grammar, `include:…` or `exclude:…`, then `|` and a query. */
export function scopeFilterProblem(filter: string): string | undefined {
  try {
    parseScopeFilter(filter, "the filter");
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return `${thrown.message}. ${thrown.remedy}`;
  }
}
