import { posix } from "node:path";
import type { Check } from "./source.ts";

/** About 300 lines. */
const MAX_BYTES = 12_000;
const MAX_P90_BYTES = 8_000;
const MAX_FILES_IN_FOLDER = 15;

export const noLargeFile: Check = (files) =>
  files
    .filter(({ bytes }) => bytes > MAX_BYTES)
    .map(({ path, bytes }) => `${path} has ${bytes} bytes, more than ${MAX_BYTES}`);

/** Nine files of ten are read in one go. */
export const ninetiethPercentile: Check = (files) => {
  const sizes = files.map(({ bytes }) => bytes).sort((a, b) => a - b);
  const p90 = sizes[Math.ceil(sizes.length * 0.9) - 1] ?? 0;
  return p90 > MAX_P90_BYTES ? [`a tenth of the files have ${p90} bytes or more; ${MAX_P90_BYTES} are allowed`] : [];
};

/** Folders with more files than a person remembers. */
export const roomyFolders: Check = (files) =>
  [...Map.groupBy(files, ({ path }) => posix.dirname(path))]
    .filter(([, inside]) => inside.length > MAX_FILES_IN_FOLDER)
    .map(([folder, inside]) => `${folder}/ holds ${inside.length} files, more than ${MAX_FILES_IN_FOLDER}`);

/** Lower case, words joined by hyphens: a path can be typed without looking. Guides have the name that hosts show. */
export function kebabCase(paths: readonly string[]): string[] {
  return paths.filter(
    (path) => !path.split("/").every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part) || part === "README.md"),
  );
}

const TOP_LEVEL = [
  ".ci",
  ".gitignore",
  "README.md",
  "deploy",
  "package-lock.json",
  "package.json",
  "src",
  "test",
  "tsconfig.json",
];
/** Not part of the project: made by git, npm, or a running bridge (see .gitignore). */
const IGNORED = [".git", "node_modules", "data", "coverage"];

export function topLevel(names: readonly string[]): string[] {
  return names.filter((name) => !TOP_LEVEL.includes(name) && !IGNORED.includes(name));
}
