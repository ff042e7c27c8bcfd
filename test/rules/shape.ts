import type { Check } from "./source.ts";

/** About 300 lines. */
const MAX_BYTES = 12_000;
const MAX_MEDIAN_BYTES = 3_000;

export const noLargeFile: Check = (files) =>
  files
    .filter(({ bytes }) => bytes > MAX_BYTES)
    .map(({ path, bytes }) => `${path} has ${bytes} bytes, more than ${MAX_BYTES}`);

/** Half of the files are small. Looks at the product, not at its tests. */
export const smallMedian: Check = (files) => {
  const sizes = files.map(({ bytes }) => bytes).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  return median > MAX_MEDIAN_BYTES ? [`the median file has ${median} bytes, more than ${MAX_MEDIAN_BYTES}`] : [];
};

/** Lower case, words joined by hyphens: a path can be typed without looking. */
export function kebabCase(paths: readonly string[]): string[] {
  return paths.filter((path) => !path.split("/").every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part)));
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
