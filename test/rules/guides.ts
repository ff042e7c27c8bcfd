import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { root } from "./source.ts";

/** Where a newcomer reads; each must be there, and no other text stands between the code. */
export const GUIDES = ["src/README.md", "src/directories/README.md", "test/README.md"];

/** Texts below `src` and `test` that are no guide. */
export function otherTexts(paths: readonly string[]): string[] {
  return paths.filter((path) => /\.(?:md|txt|adoc|rst)$/i.test(path) && !GUIDES.includes(path));
}

/** Paths that a guide names (`src/…`, `test/…`, or a relative link) and that do not exist, each led by the guide. */
export function lostPaths(guide: string, text: string): string[] {
  const named = [...text.matchAll(/\b(?:src|test|deploy)\/[\w./-]*[\w/]/g)].map(([path]) => path);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, to]) =>
    posix.join(posix.dirname(guide), to ?? ""),
  );
  return [...new Set([...named, ...linked])]
    .filter((path) => !existsSync(join(root, path)))
    .map((path) => `${guide} names ${path}, which does not exist`);
}
