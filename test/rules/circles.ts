import type { Check, SourceFile } from "./source.ts";

/** Files that need each other, type imports included: one sentence per circle, led by its first path. */
export const noCircles: Check = (files) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Map(files.map(({ path }) => [path, reachableFrom(path, byPath)]));
  const told = new Set<string>();
  return files.flatMap(({ path }) => {
    const circle = [...(reached.get(path) ?? [])].filter((other) => reached.get(other)?.has(path) === true).sort();
    if (circle.length === 0 || told.has(path)) return [];
    for (const member of circle) told.add(member);
    return [`${circle[0] ?? path} stands in a circle of imports: ${circle.join(", ")}`];
  });
};

/** Every file that one import or many lead to; a file leads to itself only through a circle. */
function reachableFrom(start: string, byPath: ReadonlyMap<string, SourceFile>): Set<string> {
  const reached = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const { file } of byPath.get(path)?.imports ?? []) {
      if (file === undefined || reached.has(file) || !byPath.has(file)) continue;
      reached.add(file);
      open.push(file);
    }
  }
  return reached;
}
