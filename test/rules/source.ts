import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Import {
  /** As written, e.g. `../domain/errors.ts`, `node:fs`, `knex`. */
  from: string;
  /** The file meant, relative to the root, when it is one of ours. */
  file: string | undefined;
  typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  path: string;
  bytes: number;
  text: string;
  imports: Import[];
  tree: ts.SourceFile;
}

/** A rule of the house: what it finds wrong, one sentence each, beginning with the path. */
export type Check = (files: readonly SourceFile[]) => string[];

/** Reads a file's imports from its syntax tree; canaries are made with it too. */
export function parse(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const from = specifier.text;
    imports.push({ from, file: from.startsWith(".") ? posix.join(dirname(path), from) : undefined, typeOnly });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isModuleCall(node.expression)) add(node.arguments[0], false);
  });
  return { path, bytes: Buffer.byteLength(text), text, imports, tree };
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}

/** `file:line` of a node, for messages. */
export function place(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1}`;
}

/** Every file below a folder, relative to the root. */
export function pathsBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, posix.join(entry.parentPath, entry.name)))
    .sort();
}

/** Every program file below a folder, parsed. */
export function sourceFiles(folder: string): SourceFile[] {
  return pathsBelow(folder)
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => parse(path, readFileSync(join(root, path), "utf8")));
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  return importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isModuleCall(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require");
}
