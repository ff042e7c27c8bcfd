import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { compare } from "./compare.ts";
import { fill, point } from "./notation.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "recorded-"));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

/** A folder of one recording: two scenarios, of which the second is right only when `total` is. */
function record(name: string, total: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  const count = { count: { members: total, groups: 0 } };
  const fine = {
    name: "fine",
    steps: [{ call: { method: "GET", path: "/alive" }, expect: { status: 200, body: "{{ANY}}" } }],
  };
  const scenarios = [fine, { name: "counted", steps: [{ act: "mails", expect: { invited: [] } }, count] }];
  writeFileSync(join(path, "one.json"), JSON.stringify({ about: "a test", scenarios }));
  writeFileSync(join(path, "README.md"), "not a recording");
  return path;
}

test("a folder of recordings that hold ends with 0, in lines and as JSON", () => {
  const path = record("right", 1);

  const [lines, json] = [run("--dir", path), run("--dir", path, "--json")];

  expect([lines.status, lines.stdout]).toEqual([0, "2 of 2 scenarios passed, 0 failed\n"]);
  expect(json.status).toBe(0);
  expect(JSON.parse(json.stdout)).toEqual({ scenarios: 2, passed: 2, failed: 0, differences: [] });
});

test("a recording that does not hold ends with 1 and names file, scenario, step and place", () => {
  const path = record("wrong", 5);

  const [lines, json] = [run("--dir", path), run("--dir", path, "--json")];

  expect(lines.status).toBe(1);
  expect(lines.stdout).toContain("one.json: counted\n    step 2 /members\n    expected 5\n    got      1");
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({
    scenarios: 2,
    passed: 1,
    failed: 1,
    differences: [{ file: "one.json", scenario: "counted", step: 2, path: "/members", expected: 5, got: 1 }],
  });
});

test.each([
  ["an option that does not exist", ["--nope"], "--nope"],
  ["a word too much", ["nope"], "nope"],
  ["no value for --dir", ["--dir"], "--dir"],
  ["a folder that does not exist", ["--dir", join(folder, "nowhere")], "nowhere"],
  ["a folder without recordings", ["--dir", folder], "holds no recordings"],
])("%s is refused with a sentence and 2", (_name, args, text) => {
  const { status, stdout, stderr } = run(...args);

  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(text);
  expect(stderr).toContain("usage: npm run recorded");
});

test.each([
  ["no JSON", "{"],
  ["no scenarios", '{"scenarios":[]}'],
  ["a step that nobody knows", '{"scenarios":[{"name":"x","steps":[{"nope":1}]}]}'],
])("a file with %s is refused by its name", (name, content) => {
  const path = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(path);
  writeFileSync(join(path, "broken.json"), content);

  const { status, stderr } = run("--dir", path);

  expect(status).toBe(2);
  expect(stderr).toContain("broken.json is no recording");
});

test.each([
  ["another value", { a: 1 }, { a: 2 }, { path: "/a", expected: 1, got: 2 }],
  ["a missing property", { a: 1 }, {}, { path: "/a", expected: 1, got: "(absent)" }],
  ["one too many", {}, { a: null }, { path: "/a", expected: "(absent)", got: null }],
  ["null for any value", { a: "{{ANY}}" }, { a: null }, { path: "/a", expected: "{{ANY}}", got: null }],
  ["a missing one for anything", ["{{ANYTHING}}"], [], { path: "", expected: ["{{ANYTHING}}"], got: [] }],
  ["null for an empty list", [], null, { path: "", expected: [], got: null }],
  ["one of the same twice", [1, 1], [1, 2], { path: "/-", expected: 1, got: 2 }],
  ["text for a number", [{ a: 1 }], [{ a: "1" }], { path: "/-/a", expected: 1, got: "1" }],
])("%s is a mismatch", (_name, expected, got, mismatch) => {
  expect(compare(expected, got)).toEqual(mismatch);
});

test.each([
  ["lists in another order", [1, [2, 3]], [[3, 2], 1]],
  ["properties in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["vague items beside exact ones", ["{{ANY}}", "x"], ["x", "y"]],
  ["null for anything", { a: "{{ANYTHING}}" }, { a: null }],
])("%s are equal", (_name, expected, got) => {
  expect(compare(expected, got)).toBeNull();
});

test("the notation fills names, repetitions and numbered copies, and points into lists", () => {
  const template = { id: "{{i}}", of: "{{upper:A}}" };

  expect(fill([{ $repeat: { count: 2, from: 5, template } }, "{{ANY}} {{repeat:x:3}}"], { A: "ab" })).toEqual([
    { id: "5", of: "AB" },
    { id: "6", of: "AB" },
    "{{ANY}} xxx",
  ]);
  expect(point({ data: [{ e: "x" }, { e: "y", id: 7 }] }, "/data/e=y/id")).toBe(7);
  expect(point({ data: [{ e: "x" }] }, "/data/0/e")).toBe("x");
});
