import type { Command } from "./command.ts";

const COMMON_OPTIONS = [
  ["--config F", "The configuration file (./bridge.yaml, then /etc/bwbridge/bridge.yaml)."],
  ["--json", "Answer in JSON, for machines."],
] as const;

const EXIT_CODES =
  "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 held operations wait,\n" +
  "            4 directory unreadable or incomplete, 5 Bitwarden refused";

/** All commands, one line each. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map((command): [string, string] => [titleOf(command), command.summary]);
  return [
    "bwbridge keeps a Bitwarden organization in step with your directory.",
    "",
    "Usage: bwbridge <command> [options]",
    "",
    ...table([...rows, ["help [command]", "Explain a command."], ["--version", "Print the version."]]),
    "",
    "Options of every command:",
    ...table(COMMON_OPTIONS),
    "",
    EXIT_CODES,
  ].join("\n");
}

/** One command in full, or all that begin with the words; null: there is none. */
export function helpOf(commands: readonly Command[], words: readonly string[]): string | null {
  const name = words.join(" ");
  const chosen = commands.filter((command) => command.name === name || command.name.startsWith(`${name} `));
  return chosen.length === 0 ? null : chosen.map(pageOf).join("\n\n");
}

/** One command in full. */
export function pageOf(command: Command): string {
  const own = Object.entries(command.options ?? {}).map(([name, { value, help }]): [string, string] => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);
  return [
    `Usage: bwbridge ${titleOf(command)} [options]`,
    "",
    command.summary,
    ...(command.details === undefined ? [] : ["", command.details]),
    "",
    "Options:",
    ...table([...own, ...COMMON_OPTIONS]),
    "",
    "Example:",
    `  ${command.example}`,
  ].join("\n");
}

function titleOf({ name, words }: Command): string {
  return words === undefined ? name : `${name} ${words}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
