import { isNode, LineCounter, parseDocument, type Document, type YAMLError } from "yaml";

/** A file that is at least YAML (JSON is YAML too), with the places of its keys. */
export interface YamlFile {
  value: unknown;
  /** The line of a key, or of the nearest section around it that is there; 0 when nothing is. */
  lineOf(path: readonly PropertyKey[]): number;
}

const MOST_CHARACTERS = 1_000_000;
const MOST_SYNTAX_PROBLEMS = 5;

/** Our own sentences: the parser's may quote the file, which may hold a secret. */
const SENTENCES: Partial<Record<YAMLError["code"], string>> = {
  BAD_INDENT: "wrong indentation, or a bracket that is not closed",
  BLOCK_AS_IMPLICIT_KEY: "a second `key:` on one line (quote texts that contain a colon and a blank)",
  DUPLICATE_KEY: "the same key twice in one section",
  MISSING_CHAR: "a missing character, such as a quote, comma, colon or bracket",
  MULTIPLE_DOCS: "more than one document (`---`)",
  RESOURCE_EXHAUSTION: "too deeply nested",
  TAB_AS_INDENT: "a tab as indentation (use blanks)",
  TAG_RESOLVE_FAILED: "an unknown `!tag`",
  UNEXPECTED_TOKEN: "something that does not belong here",
};

function syntaxProblem(error: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${line}, column ${col}: ${SENTENCES[error.code] ?? "not valid YAML"}`;
}

function lineFinder(document: Document, lines: LineCounter): YamlFile["lineOf"] {
  return (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 0;
  };
}

/** Whatever has a `length` is measured by the checker, which fails at one that is a section. No key of ours has that name. */
function measurable(key: unknown, value: unknown): unknown {
  return key === "length" && typeof value === "object" ? null : value;
}

/** Reads YAML or JSON; every failure is a list of sentences with line and column, without the file's text. */
export function readYaml(text: string): YamlFile | { problems: string[] } {
  if (text.length > MOST_CHARACTERS) return { problems: [`longer than ${MOST_CHARACTERS} characters`] };
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
    const errors = [...document.errors, ...document.warnings].slice(0, MOST_SYNTAX_PROBLEMS);
    if (errors.length > 0) return { problems: errors.map((error) => syntaxProblem(error, lines)) };
    const value: unknown = document.toJS({ maxAliasCount: 100, reviver: measurable });
    return { value, lineOf: lineFinder(document, lines) };
  } catch {
    // Aliases: without an anchor, or multiplying beyond reason. The parser's message quotes the file.
    return { problems: ["an alias (`*name`) that cannot be resolved, or too much nesting"] };
  }
}
