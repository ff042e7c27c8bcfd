import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as guides from "./guides.ts";
import * as imports from "./imports.ts";
import * as shape from "./shape.ts";
import { parse, pathsBelow, root, sourceFiles } from "./source.ts";
import { RULES } from "./table.ts";

const inSrc = sourceFiles("src");
const inTest = sourceFiles("test");
const FILES = { src: inSrc, test: inTest, everywhere: [...inSrc, ...inTest] };

describe.each(RULES)("$says", ({ because, check, where, canaries, still = [] }) => {
  test("holds", () => {
    const found = check(FILES[where]);

    expect(FILES[where].length).toBeGreaterThan(0);
    expect(
      found.filter((sentence) => !still.some((known) => sentence.startsWith(known))),
      because,
    ).toEqual([]);
    expect(
      still.filter((known) => !found.some((sentence) => sentence.startsWith(known))),
      "No longer breaks the rule: take it off the list `still`.",
    ).toEqual([]);
  });

  test.each(Object.entries(canaries))("is noticed when %s breaks it", (path, texts) => {
    const files = typeof texts === "string" ? { [path]: texts } : texts;

    expect(check(Object.entries(files).map(([name, text]) => parse(name, text)))).toHaveLength(1);
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

describe("the guides", () => {
  test("are there, and no other text stands between the code", () => {
    const paths = [...pathsBelow("src"), ...pathsBelow("test")];

    expect(paths).toEqual(expect.arrayContaining(guides.GUIDES));
    expect(guides.otherTexts(paths), "Say it in a guide, or in the comment of the code that it is about.").toEqual([]);
    expect(guides.otherTexts(["src/NOTES.md", "src/sync/README.md", "src/README.md"])).toHaveLength(2);
  });

  test.each([...guides.GUIDES, "README.md"])("%s names only what exists", (guide) => {
    const text = readFileSync(join(root, guide), "utf8");

    expect(guides.lostPaths(guide, text), "A newcomer follows these paths: name the new place.").toEqual([]);
  });

  test("are followed as they are written", () => {
    const text = "See `src/nowhere.ts`, [there](nowhere.md), `src/main.ts` and [here](sync).";

    expect(guides.lostPaths("src/README.md", text)).toHaveLength(2);
  });
});
