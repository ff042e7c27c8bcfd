import { globSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as code from "./code.ts";
import * as imports from "./imports.ts";
import * as shape from "./shape.ts";
import { parse, pathsBelow, root, sourceFiles, type Check } from "./source.ts";

interface Rule {
  says: string;
  check: Check;
  where: "src" | "test" | "everywhere";
  /** Files that break the rule, as path and text; each must be noticed. */
  canaries: Record<string, string>;
}

/** Put together so that this file does not break the rules it tests. */
function word(...parts: string[]): string {
  return parts.join("");
}

const RULES: Rule[] = [
  {
    says: "imports point down only",
    check: imports.pointDown,
    where: "src",
    canaries: {
      "src/domain/a.ts": 'import { b } from "../store/b.ts";',
      "src/receive/a.ts": 'import type { B } from "../sync/b.ts";',
      "src/bitwarden/a.ts": 'export { b } from "../directories/b.ts";',
      "src/sync/a.ts": 'const b = await import("../app.ts");',
      "src/store/a.ts": 'type B = import("../queue/b.ts").B;',
      "src/domain/b.ts": 'import { b } from "../lib/b.ts";',
      "src/helpers/a.ts": 'import { b } from "../domain/b.ts";',
    },
  },
  {
    says: "no directory's folder knows another's",
    check: imports.vendorsApart,
    where: "src",
    canaries: { "src/directories/okta/a.ts": 'import { b } from "../ldap/b.ts";' },
  },
  {
    says: "each package is imported only by its owner",
    check: imports.packagesAtHome,
    where: "src",
    canaries: {
      "src/app.ts": 'import express from "express";',
      "src/sync/a.ts": 'import { Client } from "ldapts";',
      "src/directories/ldap/a.ts": 'import okta from "@okta/okta-sdk-nodejs";',
      "src/queue/a.ts": 'import knex from "knex";',
      "src/config/a.ts": 'import _ from "lodash";',
      "src/domain/a.ts": 'import { z } from "zod";',
      "src/domain/b.ts": 'import { createHash } from "node:crypto";',
      "src/lib/a.ts": 'const pino = require("pino");',
    },
  },
  {
    says: "only a verifier makes verified events",
    check: imports.onlyVerifiersVerify,
    where: "src",
    canaries: { "src/receive/a.ts": 'import { verified } from "../directories/verified.ts";' },
  },
  {
    says: "every relative import names a file that exists",
    check: imports.importsExist,
    where: "everywhere",
    canaries: { "src/sync/a.ts": 'import { b } from "./nowhere.ts";' },
  },
  {
    says: "the environment is read only by the configuration",
    check: code.environmentOnlyInConfig,
    where: "src",
    canaries: {
      "src/app.ts": "const home = process.env.HOME;",
      "src/lib/a.ts": 'const home = process.env["HOME"];',
      "src/sync/a.ts": 'import { env } from "node:process";',
    },
  },
  {
    says: "only main ends the process",
    check: code.exitOnlyInMain,
    where: "src",
    canaries: { "src/app.ts": "process.exit(1);", "src/cli/a.ts": 'import { exit as bye } from "process";' },
  },
  {
    says: "the domain knows neither clock nor chance nor platform",
    check: code.domainIsPure,
    where: "src",
    canaries: {
      "src/domain/a.ts": "const at = Date.now();",
      "src/domain/b.ts": "const at = new Date();",
      "src/domain/c.ts": "const id = Math.random();",
      "src/domain/d.ts": "setTimeout(() => 1, 5);",
      "src/domain/e.ts": "const id = crypto.randomUUID();",
    },
  },
  {
    says: "nothing is exported by default",
    check: code.namedExportsOnly,
    where: "everywhere",
    canaries: {
      "src/lib/a.ts": "export default 1;",
      "src/lib/b.ts": "export default function b() {}",
      "src/lib/c.ts": "const c = 1; export { c as default };",
    },
  },
  {
    says: "no test is silenced",
    check: code.noSilencedTests,
    where: "test",
    canaries: {
      "test/unit/a.test.ts": word("test", '.only("a", () => {});'),
      "test/unit/b.test.ts": word("describe", '.skip("a", () => {});'),
      "test/unit/c.test.ts": word("it", '.todo("a");'),
      "test/unit/d.test.ts": word("test.concurrent", '.only("a", () => {});'),
    },
  },
  {
    says: "no check is switched off and nothing is left for later",
    check: code.nothingSwitchedOff,
    where: "everywhere",
    canaries: {
      "src/lib/a.ts": word("// eslint-", "disable-next-line"),
      "src/lib/b.ts": word("// @ts-", "ignore"),
      "src/lib/c.ts": word("// TO", "DO: later"),
    },
  },
  {
    says: "no file is over 12 kB",
    check: shape.noLargeFile,
    where: "everywhere",
    canaries: { "src/lib/a.ts": `const a = "${"x".repeat(12_000)}";` },
  },
  {
    says: "the median file is at most 3 kB",
    check: shape.smallMedian,
    where: "src",
    canaries: { "src/lib/a.ts": `const a = "${"x".repeat(3_000)}";` },
  },
];

const inSrc = sourceFiles("src");
const inTest = sourceFiles("test");
const FILES = { src: inSrc, test: inTest, everywhere: [...inSrc, ...inTest] };

describe.each(RULES)("$says", ({ check, where, canaries }) => {
  test("holds", () => {
    expect(FILES[where].length).toBeGreaterThan(0);
    expect(check(FILES[where])).toEqual([]);
  });

  test.each(Object.entries(canaries))("is noticed when %s breaks it", (path, text) => {
    expect(check([parse(path, text)])).toHaveLength(1);
  });
});

describe("the rules see everything", () => {
  test("as many files as there are on disk", () => {
    const onDisk = globSync(["src/**/*.{ts,js,mts,mjs,cts,cjs,tsx,jsx}", "test/**/*.{ts,js,mts,mjs,cts,cjs,tsx,jsx}"], {
      cwd: root,
    }).sort();

    expect(FILES.everywhere.map(({ path }) => path).sort()).toEqual(onDisk);
    expect(onDisk).toContain("test/rules/rules.test.ts");
  });

  test("as many imports as the text shows", () => {
    expect(imports.everyImportSeen(FILES.everywhere)).toEqual([]);
  });

  test("and notice a parser that sees none", () => {
    const blind = { ...parse("src/lib/a.ts", 'import { b } from "./b.ts";\nexport { c } from "./c.ts";'), imports: [] };

    expect(imports.everyImportSeen([blind])).toEqual(["src/lib/a.ts shows 2 imports, but 0 were parsed"]);
  });
});

describe("the layout", () => {
  test("has the fixed top level and nothing else", () => {
    expect(shape.topLevel(readdirSync(root))).toEqual([]);
    expect(shape.topLevel(["src", "helpers", "tsup.config.ts"])).toEqual(["helpers", "tsup.config.ts"]);
  });

  test("names files and folders in kebab-case", () => {
    expect(shape.kebabCase([...pathsBelow("src"), ...pathsBelow("test")])).toEqual([]);
    expect(shape.kebabCase(["src/lib/myHelper.ts", "src/Lib/a.ts", "src/a_b.ts", "src/ok-1.test.ts"])).toHaveLength(3);
  });
});
