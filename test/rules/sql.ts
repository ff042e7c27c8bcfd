import ts from "typescript";
import { place, walk, type Check } from "./source.ts";

/** Where SQL may stand: the store, and the engine of the queue that is a database of its own. */
const HOME = /^src\/(?:store\/|queue\/pg)/;

/** Statements in capitals anywhere, or in small letters at the start of a text; and what only a condition looks like. */
const SQL = [
  /\b(?:SELECT|INSERT(?: OR [A-Z]+)? INTO|UPDATE\s+\S+\s+SET|DELETE FROM|CREATE (?:TEMP )?(?:TABLE|INDEX)|ALTER TABLE|PRAGMA)\b/,
  /^\s*(?:select\b[^]*\bfrom\b|insert into\b|update\s+\S+\s+set\b|delete from\b)/i,
  /\b(?:ORDER BY|GROUP BY|LIMIT \?|IS (?:NOT )?NULL|(?:NOT )?EXISTS \(|(?:NOT )?IN \()/,
  /(?:^|[\s(])[\w.$]+\s*(?:=|<>|<=?|>=?)\s*(?:\?(?!\w)|'[^']*')/,
];

/** SQL in the texts and templates of a file. */
export const sqlInStoreOnly: Check = (files) =>
  files
    .filter(({ path }) => path.startsWith("src/") && !HOME.test(path))
    .flatMap((file) => {
      const found: string[] = [];
      walk(file.tree, (node) => {
        const text = textOf(node);
        if (text !== undefined && SQL.some((pattern) => pattern.test(text)))
          found.push(`${place(file, node)} writes SQL`);
      });
      return found;
    });

/** The text of a literal; a template's expressions count as one word. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("$");
}
