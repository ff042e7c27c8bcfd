/**
 * Directory Connector's filter grammar, `keyword:value,value | provider query`, for users and groups of
 * Okta, Google and OneLogin. Read exactly as Directory Connector reads it, with one difference: where it
 * silently drops a clause that it does not understand, and so lets everybody in, this is an error.
 */
import { BridgeError } from "./errors.ts";

interface ScopeClause {
  kind: "include" | "exclude";
  /** Trimmed and lower-cased. */
  values: ReadonlySet<string>;
}

/** `clause` is judged by us; `query` is passed to the directory as it is. Both null: everybody. */
export interface ScopeFilter {
  clause: ScopeClause | null;
  query: string | null;
}

/** What Directory Connector compares in place of an absent e-mail address or name. */
const ABSENT = "--";

/**
 * Parses the filter of the option `option` (its name, for messages). Blank or absent means everybody.
 * Throws CONFIG_INVALID with a suggestion in `remedy` for everything that Directory Connector would
 * ignore: an unknown keyword, a clause without exactly one colon or without values, an empty query.
 */
export function parseScopeFilter(text: string | undefined, option: string): ScopeFilter {
  if (text === undefined || text.trim() === "") return { clause: null, query: null };
  const [clauseText = "", queryText, ...rest] = text.split("|");
  if (rest.length > 0) {
    throw invalid(
      option,
      `holds ${rest.length + 1} bars; what follows the second bar would be ignored`,
      "Keep at most one `|`: `keyword:value,value | provider query`; a provider query cannot contain a bar.",
    );
  }
  const query = queryText?.trim() ?? null;
  if (query === "") {
    throw invalid(option, "ends with a bar and no query", "Write the provider query after the `|`, or remove the `|`.");
  }
  return { clause: clauseText.trim() === "" ? null : parseClause(clauseText, option), query };
}

/** Whether a value (e-mail address or group name) passes the clause; the query is not looked at. */
export function matches(filter: ScopeFilter, value: string | null): boolean {
  if (filter.clause === null) return true;
  const listed = filter.clause.values.has((value ?? ABSENT).trim().toLowerCase());
  return filter.clause.kind === "include" ? listed : !listed;
}

function parseClause(text: string, option: string): ScopeClause {
  const parts = text.split(":");
  const [keyword = "", valueText] = parts;
  if (valueText === undefined) {
    throw invalid(
      option,
      `has no keyword: \`${text.trim()}\``,
      `Write \`include:${text.trim()}\` or \`exclude:${text.trim()}\`; a provider query starts with a bar: \`| ${text.trim()}\`.`,
    );
  }
  if (parts.length > 2) {
    throw invalid(
      option,
      `holds ${parts.length - 1} colons where one is allowed: \`${text.trim()}\``,
      "A name that contains a colon cannot be listed: rename it, or select by a provider query after `|`.",
    );
  }
  const kind = clauseKind(keyword, option);
  const values = new Set(
    valueText
      .split(",")
      .map((value) => value.trim().toLowerCase())
      .filter((value) => value !== ""),
  );
  if (values.size === 0) {
    throw invalid(
      option,
      `lists nothing after \`${kind}:\``,
      `List values, as in \`${kind}:a,b\`, or remove the clause.`,
    );
  }
  return { kind, values };
}

function clauseKind(keyword: string, option: string): ScopeClause["kind"] {
  const word = keyword.trim().toLowerCase();
  if (word === "include" || word === "exclude") return word;
  const meant = word.startsWith("in") ? "include" : word.startsWith("ex") ? "exclude" : null;
  throw invalid(
    option,
    `has the unknown keyword \`${keyword.trim()}\``,
    meant === null ? "Use `include:` or `exclude:`." : `Did you mean \`${meant}:\`?`,
  );
}

function invalid(option: string, what: string, remedy: string): BridgeError {
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    message: `${option} ${what}`,
    remedy,
    retry: "never",
    subject: option,
  });
}
