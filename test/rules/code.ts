import ts from "typescript";
import { place, walk, type Check, type SourceFile } from "./source.ts";

/** Finds nodes in every file and says what is wrong with them. */
function nodes(applies: (path: string) => boolean, wrong: (node: ts.Node) => string | undefined): Check {
  return (files) => files.filter(({ path }) => applies(path)).flatMap((file) => found(file, wrong));
}

function found(file: SourceFile, wrong: (node: ts.Node) => string | undefined): string[] {
  const violations: string[] = [];
  walk(file.tree, (node) => {
    const what = wrong(node);
    if (what !== undefined) violations.push(`${place(file, node)} ${what}`);
  });
  return violations;
}

/** `process.env`, `Date.now` and so on, written as `object.name`. */
function isMember(node: ts.Node, object: string, names: string[]): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === object &&
    names.includes(node.name.text)
  );
}

function importsFrom(node: ts.Node, module: string, names: string[]): boolean {
  if (!ts.isImportSpecifier(node) || !names.includes((node.propertyName ?? node.name).text)) return false;
  const { moduleSpecifier } = node.parent.parent.parent;
  return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.replace("node:", "") === module;
}

export const environmentOnlyInConfig: Check = nodes(
  (path) => path.startsWith("src/") && !path.startsWith("src/config/"),
  (node) =>
    isMember(node, "process", ["env"]) || importsFrom(node, "process", ["env"]) ? "reads the environment" : undefined,
);

const ENDS = ["exit", "abort", "reallyExit", "kill"];

export const exitOnlyInMain: Check = nodes(
  (path) => path.startsWith("src/") && path !== "src/main.ts",
  (node) => (isMember(node, "process", ENDS) || importsFrom(node, "process", ENDS) ? "ends the process" : undefined),
);

/** The domain is a function of its arguments: no clock, no chance, no globals of the platform. */
export const domainIsPure: Check = nodes(
  (path) => path.startsWith("src/domain/"),
  (node) => {
    const now = ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length;
    const impure = now || isMember(node, "Date", ["now"]) || isMember(node, "Math", ["random"]);
    const globals = ["process", "performance", "crypto", "fetch", "setTimeout", "setInterval", "console"];
    const global = ts.isIdentifier(node) && globals.includes(node.text) && !ts.isPropertyAccessExpression(node.parent);
    return impure || global || isMember(node, "crypto", ["randomUUID"]) ? "is not pure" : undefined;
  },
);

/** Tools of others want a default export in their configuration; we never do. */
export const namedExportsOnly: Check = nodes(
  (path) => !/(?:^|\/)[a-z]+\.config\.[jt]s$/.test(path),
  (node) => {
    const asDefault = ts.isExportSpecifier(node) && node.name.text === "default";
    const modifier = node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
    return ts.isExportAssignment(node) || asDefault || modifier ? "exports a default" : undefined;
  },
);

/** A test runs, or its absence is said by a helper with a reason. */
export const noSilencedTests: Check = nodes(
  (path) => path.startsWith("test/"),
  (node) => {
    if (!ts.isPropertyAccessExpression(node) || !["only", "skip", "todo", "fails"].includes(node.name.text)) {
      return undefined;
    }
    const object = node.expression.getText();
    return /^(?:test|it|describe|suite|bench|context|ctx)\b/.test(object)
      ? `silences with ${object}.${node.name.text}`
      : undefined;
  },
);

/** Put together so that this file does not find itself. */
const FORBIDDEN = [
  ["eslint", "disable"].join("-"),
  ...["ignore", "expect-error", "nocheck"].map((word) => `@ts-${word}`),
  ...["TO", "FIX"].map((word) => `\\b${word}${word === "TO" ? "DO" : "ME"}\\b`),
  ["\\.\\.", "shared\\b"].join("/"),
];

/** No checker is switched off in a comment, nothing is left for later, nothing points outside the repository. */
export const nothingSwitchedOff: Check = (files) =>
  files.flatMap(({ path, text }) =>
    FORBIDDEN.flatMap((pattern) => {
      const match = new RegExp(pattern).exec(text);
      return match === null ? [] : [`${path} says ${match[0]}`];
    }),
  );
