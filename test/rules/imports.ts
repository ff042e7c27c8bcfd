import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, type Check, type SourceFile } from "./source.ts";

/** Rows of the house, top first; an import points to a row below, or stays in its own component. */
const ROWS = [
  ["main", "cli"],
  ["app"],
  ["receive", "console", "sync", "schedule"],
  ["directories", "bitwarden", "store", "queue", "observe"],
  ["domain", "config", "lib"],
];

/** The only neighbours that may see each other: the entry calls commands, and all may know the pure words. */
const NEIGHBOURS = ["main → cli", "config → domain", "config → lib"];

/** Who may import a package; what is not listed nobody may. */
const PACKAGES: Record<string, string[]> = {
  express: ["src/receive/", "src/console/"],
  "express-rate-limit": ["src/receive/", "src/console/"],
  "@okta/okta-sdk-nodejs": ["src/directories/okta/"],
  ldapts: ["src/directories/ldap/"],
  knex: ["src/store/"],
  sqlite3: ["src/store/"],
  pg: ["src/store/"],
  "pg-boss": ["src/queue/"],
  pino: ["src/observe/"],
  "prom-client": ["src/observe/"],
  "node-schedule": ["src/schedule/"],
  "p-queue": ["src/bitwarden/", "src/directories/"],
  undici: ["src/bitwarden/", "src/directories/"],
  yaml: ["src/config/"],
  zod: ["src/"],
};

/** Imports point down only, and the middle row meets only through the store and the queue. */
export const pointDown: Check = (files) =>
  files.flatMap((file) =>
    file.imports.flatMap(({ file: target }) => {
      if (target === undefined) return [];
      const [from, to] = [componentOf(file.path), componentOf(target)];
      if (from === to || NEIGHBOURS.includes(`${from} → ${to}`)) return [];
      const [fromRow, toRow] = [rowOf(from), rowOf(to)];
      if (fromRow === -1) return [`${file.path} belongs to no component of the layout`];
      return toRow > fromRow ? [] : [`${file.path} (${from}) imports ${target} (${to}), which is not below it`];
    }),
  );

/** A directory is read through the contract: no vendor's folder knows another's. */
export const vendorsApart: Check = (files) =>
  files.flatMap((file) => {
    const own = vendorOf(file.path);
    if (own === undefined) return [];
    return file.imports
      .filter(({ file: target }) => target !== undefined && ![undefined, own].includes(vendorOf(target)))
      .map(({ from }) => `${file.path} imports ${from} of another directory`);
  });

/** Each package has an owner, and the domain has none. */
export const packagesAtHome: Check = (files) =>
  files.flatMap((file) =>
    file.imports
      .filter(({ from }) => !from.startsWith("."))
      .filter(({ from }) => !mayImport(file.path, from))
      .map(({ from }) => `${file.path} may not import ${from}`),
  );

/** Only a verifier can make an event verified; everybody else knows the type alone. */
export const onlyVerifiersVerify: Check = (files) =>
  files.flatMap((file) =>
    file.imports
      .filter(({ file: target, typeOnly }) => target === "src/directories/verified.ts" && !typeOnly)
      .filter(() => !/^src\/directories\/[^/]+\/verify\.ts$/.test(file.path))
      .map(() => `${file.path} imports the constructor of verified events`),
  );

/** Every relative import names a file that exists, with its extension: the parser saw what Node will see. */
export const importsExist: Check = (files) => {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap((file) =>
    file.imports.flatMap(({ file: target }) =>
      target === undefined || known.has(target) || existsSync(join(root, target))
        ? []
        : [`${file.path} imports ${target}, which does not exist`],
    ),
  );
};

/** As many import statements as the text shows: a parser that sees nothing must not pass everything. */
export const everyImportSeen: Check = (files) =>
  files.flatMap((file: SourceFile) => {
    const shown =
      file.text.match(/^(?:import\b[^;(]*?\bfrom|export\b[^;(={]*(?:\{[^}]*\})?\s*from|import) +["']/gm) ?? [];
    return shown.length <= file.imports.length
      ? []
      : [`${file.path} shows ${shown.length} imports, but ${file.imports.length} were parsed`];
  });

function componentOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function rowOf(component: string): number {
  return ROWS.findIndex((row) => row.includes(component));
}

function vendorOf(path: string): string | undefined {
  return /^src\/directories\/([^/]+)\//.exec(path)?.[1];
}

function mayImport(path: string, from: string): boolean {
  if (path.startsWith("src/domain/")) return false;
  if (from.startsWith("node:")) return true;
  const name = from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
  return (PACKAGES[name] ?? []).some((owner) => path.startsWith(owner));
}
