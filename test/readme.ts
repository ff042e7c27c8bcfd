import { readFileSync, writeFileSync } from "node:fs";
import { COMMANDS } from "../src/cli/commands.ts";
import { configTable } from "../src/config/document.ts";

/** The parts of the README that are generated: `node test/readme.ts` writes them, a test compares them. */

const FILE = new URL("../README.md", import.meta.url);

/** The README as it is, and as the code says that it should be. */
export function readme(): { written: string; current: string } {
  const written = readFileSync(FILE, "utf8");
  return { written, current: fill(fill(written, "config", configTable()), "commands", commandTable()) };
}

/** Puts `content` between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the README has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function commandTable(): string {
  const rows = COMMANDS.map(({ name, words, summary }) => {
    const usage = words === undefined ? name : `${name} ${words}`;
    return `| \`${usage.replaceAll("|", "\\|")}\` | ${summary} |`;
  });
  return ["| command | |", "|---|---|", ...rows].join("\n");
}

if (import.meta.main) writeFileSync(FILE, readme().current);
