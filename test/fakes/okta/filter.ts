/** The operators of Okta's SCIM filters that the emulated endpoints use. */
export type Operator = "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "sw" | "co" | "pr";

/** Which attributes may be filtered on, and with which operators. */
export type FilterRules = Record<string, readonly Operator[]>;

/** The values of an attribute; several for attributes of lists (`target.id`): one match is enough. */
export type AttributeReader<T> = (item: T, attribute: string) => readonly string[];

export type Predicate<T> = (item: T) => boolean;

/** The expression is wrong or asks for what the endpoint cannot filter; the message says which part. */
export class FilterError extends Error {}

const operators: readonly string[] = ["eq", "ne", "gt", "ge", "lt", "le", "sw", "co", "pr"];
const maxExpressionLength = 8_000;

/** Compiles a filter expression (`a eq "x" and (b sw "y" or …)`); throws FilterError. */
export function compileFilter<T>(text: string, rules: FilterRules, read: AttributeReader<T>): Predicate<T> {
  if (text.length > maxExpressionLength) throw new FilterError("the filter is too long");
  const tokens = tokenize(text);
  const predicate = parseOr(tokens, rules, read);
  if (tokens.length > 0) throw new FilterError(`unexpected ${tokens[0] ?? ""}`);
  return predicate;
}

function tokenize(text: string): string[] {
  const tokens = text.match(/\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+|"/g) ?? [];
  if (tokens.length === 0) throw new FilterError("the filter is empty");
  return tokens;
}

function parseOr<T>(tokens: string[], rules: FilterRules, read: AttributeReader<T>): Predicate<T> {
  const choices = [parseAnd(tokens, rules, read)];
  while (tokens[0]?.toLowerCase() === "or") {
    tokens.shift();
    choices.push(parseAnd(tokens, rules, read));
  }
  return (item) => choices.some((matches) => matches(item));
}

function parseAnd<T>(tokens: string[], rules: FilterRules, read: AttributeReader<T>): Predicate<T> {
  const demands = [parseTerm(tokens, rules, read)];
  while (tokens[0]?.toLowerCase() === "and") {
    tokens.shift();
    demands.push(parseTerm(tokens, rules, read));
  }
  return (item) => demands.every((matches) => matches(item));
}

function parseTerm<T>(tokens: string[], rules: FilterRules, read: AttributeReader<T>): Predicate<T> {
  const first = tokens.shift();
  if (first === undefined) throw new FilterError("the filter ends too early");
  if (first !== "(") return parseComparison(first, tokens, rules, read);
  const inner = parseOr(tokens, rules, read);
  if (tokens.shift() !== ")") throw new FilterError("a parenthesis is not closed");
  return inner;
}

function parseComparison<T>(
  attribute: string,
  tokens: string[],
  rules: FilterRules,
  read: AttributeReader<T>,
): Predicate<T> {
  const allowed = Object.hasOwn(rules, attribute) ? rules[attribute] : undefined;
  if (!allowed) throw new FilterError(`cannot filter on ${attribute}`);
  const operator = tokens.shift()?.toLowerCase() ?? "";
  if (!isOperator(operator) || !allowed.includes(operator)) throw new FilterError(`no ${operator} on ${attribute}`);
  if (operator === "pr") return (item) => read(item, attribute).length > 0;
  const wanted = literal(tokens.shift());
  const compare = comparison(operator, wanted);
  return (item) => read(item, attribute).some(compare);
}

function isOperator(text: string): text is Operator {
  return operators.includes(text);
}

function literal(token: string | undefined): string {
  if (!token || token.length < 2 || !token.startsWith('"') || !token.endsWith('"')) {
    throw new FilterError(`expected a quoted value, got ${token ?? "the end"}`);
  }
  return token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

function comparison(operator: Exclude<Operator, "pr">, wanted: string): (value: string) => boolean {
  switch (operator) {
    case "eq":
      return (value) => value === wanted;
    case "ne":
      return (value) => value !== wanted;
    case "sw":
      return (value) => value.startsWith(wanted);
    case "co":
      return (value) => value.includes(wanted);
    case "gt":
    case "ge":
    case "lt":
    case "le":
      return ordered(operator, instant(wanted));
  }
}

/** The four orderings are only used on times. */
function ordered(operator: "gt" | "ge" | "lt" | "le", wantedMs: number): (value: string) => boolean {
  switch (operator) {
    case "gt":
      return (value) => Date.parse(value) > wantedMs;
    case "ge":
      return (value) => Date.parse(value) >= wantedMs;
    case "lt":
      return (value) => Date.parse(value) < wantedMs;
    case "le":
      return (value) => Date.parse(value) <= wantedMs;
  }
}

/** Epoch milliseconds of an ISO 8601 date and time; a JavaScript `Date` printed plainly is refused, as Okta does. */
export function instant(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new FilterError(`not a date and time: ${text}`);
  return ms;
}
