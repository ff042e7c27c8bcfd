import { z } from "zod";
import { BridgeError } from "../domain/errors.ts";
import { suggest } from "../lib/suggest.ts";

/** One thing that is wrong, at one key. */
export interface Problem {
  path: readonly PropertyKey[];
  message: string;
}

const MOST_PROBLEMS = 50;
const NOT_YET = "is not available in this version";
/** Words of the design that this version refuses by name instead of calling them unknown. */
const LATER_KEYS = new Set(["postgres", "baseUrl", "tokenUrl", "revisionDateAttribute"]);
const LATER_DIRECTORIES = new Set(["entra", "google", "onelogin"]);

/** Keys that do not look like keys are quoted and cut: they are the administrator's text, and may be anything. */
function keyText(key: PropertyKey): string {
  const text = String(key);
  return /^[\w-]{1,64}$/.test(text) ? text : JSON.stringify(text.slice(0, 64));
}

/** `connections[0].directory.orgUrl` */
export function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${keyText(part)}`));
  return parts.join("").replace(/^\./, "");
}

function kindOf(input: unknown): string {
  if (input === null) return "nothing";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a section with keys";
  return typeof input === "boolean" ? "true or false" : `a ${typeof input}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  object: "a section with keys",
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
};

function meantText(word: string, known: Iterable<string>): string {
  const meant = suggest(word, known);
  return meant === undefined ? "" : `; did you mean \`${meant}\`?`;
}

function unknownKeysText(issue: z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>): string {
  const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  return issue.keys.map((key) => (LATER_KEYS.has(key) ? NOT_YET : `unknown key${meantText(key, known)}`)).join("\n");
}

function wrongDirectoryText(input: unknown, known: string[]): string {
  const type = z.looseObject({ type: z.string() }).safeParse(input);
  if (!type.success) return `is required: one of ${known.join(", ")}`;
  if (LATER_DIRECTORIES.has(type.data.type)) return `${NOT_YET} (${known.join(" and ")} are)`;
  return `must be one of ${known.join(", ")}${meantText(type.data.type, known)}`;
}

function limitText(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>): string {
  const [word, limit] = issue.code === "too_big" ? ["at most", issue.maximum] : ["at least", issue.minimum];
  switch (issue.origin) {
    case "string":
      return issue.code === "too_small" ? "must not be empty" : `must have at most ${String(limit)} characters`;
    case "array":
      return `must have ${word} ${String(limit)} ${limit === 1 ? "entry" : "entries"}`;
    default:
      return `must be ${word} ${String(limit)}`;
  }
}

const options = z.array(z.string()).catch([]);

/** The sentence for an issue without one of its own. Values are never repeated: any of them may be a secret. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${EXPECTED[issue.expected] ?? `a ${issue.expected}`}, not ${kindOf(issue.input)}`;
    case "invalid_value": {
      if (issue.input === undefined) return "is required";
      const known = issue.values.map(String);
      return `must be one of ${known.join(", ")}${typeof issue.input === "string" ? meantText(issue.input, known) : ""}`;
    }
    case "invalid_union":
      return wrongDirectoryText(issue.input, options.parse(issue.options));
    case "unrecognized_keys":
      return unknownKeysText(issue);
    case "too_big":
    case "too_small":
      return limitText(issue);
    default:
      return undefined;
  }
}

/** Flattens zod's issues, one problem per key. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ path: issue.path, message: issue.message }];
    const sentences = issue.message.split("\n");
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: sentences[index] ?? "unknown key" }));
  });
}

/** For rules across keys: run them unless a key's own value is wrong, so that all problems come at once. */
export function onlyUnknownKeys(payload: z.core.ParsePayload): boolean {
  return payload.issues.every((issue) => issue.code === "unrecognized_keys");
}

/** The one error that lists everything that is wrong with a file. */
export function configError(file: string, problems: readonly string[], cause?: unknown): BridgeError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const shown = problems.slice(0, MOST_PROBLEMS);
  if (problems.length > shown.length) shown.push(`… and ${problems.length - shown.length} more`);
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    message: `${file} has ${count}:\n${shown.map((line) => `  ${line}`).join("\n")}`,
    remedy: "Correct these lines, then run `bwbridge config validate`.",
    retry: "never",
    subject: file,
    ...(cause === undefined ? {} : { cause }),
  });
}
