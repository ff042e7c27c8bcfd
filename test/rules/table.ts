import * as circles from "./circles.ts";
import * as code from "./code.ts";
import * as imports from "./imports.ts";
import * as shape from "./shape.ts";
import type { Check } from "./source.ts";
import * as sql from "./sql.ts";

export interface Rule {
  says: string;
  /** Told to whoever breaks it: why it exists, and what to do instead. */
  because: string;
  check: Check;
  where: "src" | "test" | "everywhere";
  /** What breaks the rule: a path with its text, or files that break it only together. Each must be noticed. */
  canaries: Record<string, string | Record<string, string>>;
  /** What breaks it today, as beginnings of the sentences. Fails when one no longer does: the list can only shrink. */
  still?: string[];
}

/** Put together so that this file does not break the rules it tests. */
function word(...parts: string[]): string {
  return parts.join("");
}

export const RULES: Rule[] = [
  {
    says: "imports point down only",
    because:
      "A change in one place must not travel upwards or sideways. Move what both need to a row below, or hand it in from `app` as a function.",
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
    because:
      "A new directory is a new folder, and one vendor's quirk must not reach another. What two need stands in `src/directories/`.",
    check: imports.vendorsApart,
    where: "src",
    canaries: { "src/directories/okta/a.ts": 'import { b } from "../ldap/b.ts";' },
  },
  {
    says: "each package is imported only by its owner",
    because:
      "A package can then be exchanged in one folder. Ask that folder for what you need, or list a new package in `imports.ts` with its one owner.",
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
    because:
      "Nothing unproven may reach the inbox. Call `verifiedEvents` in `src/directories/<type>/verify.ts`, after the proof.",
    check: imports.onlyVerifiersVerify,
    where: "src",
    canaries: { "src/receive/a.ts": 'import { verified } from "../directories/verified.ts";' },
  },
  {
    says: "every relative import names a file that exists",
    because:
      "Node runs these files as they are: without the extension, or with a wrong path, the process does not start.",
    check: imports.importsExist,
    where: "everywhere",
    canaries: { "src/sync/a.ts": 'import { b } from "./nowhere.ts";' },
  },
  {
    says: "the environment is read only by the configuration",
    because:
      "What the bridge depends on is in one file that an administrator can read. Add a key, or a secret reference, to `src/config/schema/`.",
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
    because:
      "A process that ends in the middle loses what is under way. Throw a BridgeError; `main` turns it into an exit code.",
    check: code.exitOnlyInMain,
    where: "src",
    canaries: { "src/app.ts": "process.exit(1);", "src/cli/a.ts": 'import { exit as bye } from "process";' },
  },
  {
    says: "the domain knows neither clock nor chance nor platform",
    because:
      "Decisions must be the same for the same facts, so that tests can prove them. Take the time or the id as an argument.",
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
    because: "One name for one thing, wherever it is used. Export it by its name.",
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
    because:
      "A silenced test looks like a promise that is kept. Repair it or remove it; what needs a missing server says so with a helper.",
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
    because: "Checks hold everywhere or nowhere. Change the code, or the rule for all.",
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
    because:
      "A file should be one idea that is read in one go. Take the second idea out into a file with its own name.",
    check: shape.noLargeFile,
    where: "everywhere",
    canaries: { "src/lib/a.ts": `const a = "${"x".repeat(12_000)}";` },
  },
  {
    says: "nine files of ten have at most 8 kB",
    because:
      "Large files grow where everything is known to everything. Split the largest by idea; do not cut small ones smaller.",
    check: shape.ninetiethPercentile,
    where: "src",
    canaries: { "src/lib/a.ts": `const a = "${"x".repeat(8_000)}";` },
  },
  {
    says: "no folder holds more than 15 files",
    because: "Beyond that nobody remembers what is where. Give what belongs together a room of its own, with a name.",
    check: shape.roomyFolders,
    where: "src",
    canaries: {
      "a full folder": Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`src/lib/a${String(at)}.ts`, ""])),
    },
  },
  {
    says: "no files need each other",
    because:
      "Files in a circle can only be read, tested and moved together. Take what both need into a third file below them, often a type.",
    check: circles.noCircles,
    where: "everywhere",
    canaries: {
      "src/lib/a.ts": 'import { a } from "./a.ts";',
      "a circle of three": {
        "src/lib/a.ts": 'import type { B } from "./b.ts";',
        "src/lib/b.ts": 'export { c } from "./c.ts";',
        "src/lib/c.ts": 'const a = await import("./a.ts");',
        "src/lib/d.ts": 'import { a } from "./a.ts";',
      },
    },
  },
  {
    says: "SQL stands in the store only",
    because:
      "A second database means that every query is written for it too, and tested in one place. Give the query a name in `src/store/` and call that.",
    check: sql.sqlInStoreOnly,
    where: "src",
    canaries: {
      "src/sync/a.ts": 'const rows = reader.raw("SELECT * FROM hints");',
      "src/app/a.ts": "const text = `select id from ${table}`;",
      "src/sync/b.ts": 'const gone = "DELETE FROM hints WHERE key = 1";',
      "src/sync/c.ts": 'const where = "state = ?";',
      "src/sync/d.ts": "const where = `type = 'member.invite'`;",
      "src/sync/e.ts": "const where = `${column} = ? AND due`;",
      "src/cli/a.ts": 'const order = "ORDER BY id";',
      "src/sync/f.ts": 'const where = "id IN (1, 2)";',
      "src/queue/a.ts": 'const set = "update jobs set state";',
    },
  },
];
