import { parseArgs, type ParseArgsConfig } from "node:util";
import type { BridgeError } from "../domain/errors.ts";
import { suggest } from "../lib/suggest.ts";
import { usage } from "./arguments.ts";
import { EXIT, type Call, type Command, type ExitCode, type Terminal } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { tellError } from "./errors.ts";
import { helpOf, overview, pageOf } from "./help.ts";
import { version } from "../app/start-line.ts";

/** Runs what was typed; never rejects. */
export async function runCommandLine(argv: string[], terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const json = argv.includes("--json");
  try {
    return await dispatch(argv, terminal, signal);
  } catch (thrown) {
    return tellError(thrown, json, terminal);
  }
}

async function dispatch(argv: string[], terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const first = argv[0];
  if (first === undefined) {
    terminal.writeError(`${overview(COMMANDS)}\n`);
    return EXIT.usage;
  }
  if (first === "--version" || first === "-V") {
    terminal.print(argv.includes("--json") ? JSON.stringify({ version: version() }) : version());
    return EXIT.done;
  }
  if (first === "help" || first === "--help" || first === "-h") {
    const words = argv.slice(1).filter((word) => !word.startsWith("-"));
    terminal.print(words.length === 0 ? overview(COMMANDS) : (helpOf(COMMANDS, words) ?? pageOf(find(words).command)));
    return EXIT.done;
  }
  const { command, rest } = find(argv);
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.print(pageOf(command));
    return EXIT.done;
  }
  return command.run(readCall(command, rest, terminal, signal));
}

/** The command that was meant, and what follows its name. */
function find(argv: string[]): { command: Command; rest: string[] } {
  const [first = "", second = ""] = argv;
  const two = COMMANDS.find(({ name }) => name === `${first} ${second}`);
  if (two !== undefined) return { command: two, rest: argv.slice(2) };
  const one = COMMANDS.find(({ name }) => name === first);
  if (one !== undefined) return { command: one, rest: argv.slice(1) };
  const below = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  const alone = second === "" || second.startsWith("-");
  const usual = below.find((command) => command.usual === true);
  if (alone && usual !== undefined) return { command: usual, rest: argv.slice(1) };
  if (below.length > 0) throw unknownSecond(first, alone ? "" : second, below);
  throw unknownFirst(first);
}

function unknownSecond(first: string, second: string, below: Command[]): BridgeError {
  const names = below.map(({ name }) => name.slice(first.length + 1));
  const meant = suggest(second, names);
  return usage(
    second === "" ? `${first} what?` : `there is no command "${first} ${second}"`,
    meant === undefined
      ? `There are: ${below.map(({ name }) => name).join(", ")}.`
      : `Did you mean \`bwbridge ${first} ${meant}\`?`,
  );
}

function unknownFirst(first: string): BridgeError {
  const meant = suggest(first, [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? "")), "help"]);
  return usage(
    first.startsWith("-") ? `the command comes first, not ${first}` : `there is no command "${first}"`,
    meant === undefined ? "`bwbridge help` lists the commands." : `Did you mean \`bwbridge ${meant}\`?`,
  );
}

const COMMON = {
  config: { type: "string" },
  json: { type: "boolean" },
} as const satisfies ParseArgsConfig["options"];

function readCall(command: Command, args: string[], terminal: Terminal, signal: AbortSignal): Call {
  const options: NonNullable<ParseArgsConfig["options"]> = { ...COMMON };
  for (const [name, { type }] of Object.entries(command.options ?? {})) options[name] = { type };
  const { values, words } = parse(command, args, options);
  const most = command.mostWords ?? 0;
  if (words.length > most) {
    throw usage(`\`${command.name}\` does not take "${words[most] ?? ""}"`, `See \`bwbridge help ${command.name}\`.`);
  }
  const text = (option: string): string | undefined => {
    const value = values[option];
    return typeof value === "string" ? value : undefined;
  };
  const flag = (option: string): boolean => values[option] === true;
  return { words, config: text("config"), json: flag("json"), terminal, signal, text, flag };
}

function parse(
  command: Command,
  args: string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): { values: Record<string, unknown>; words: string[] } {
  const unknown = args
    .filter((arg) => arg.startsWith("--") && arg !== "--")
    .map((arg) => arg.slice(2).split("=")[0] ?? "")
    .find((name) => !Object.hasOwn(options, name));
  if (unknown !== undefined) {
    const meant = suggest(unknown, Object.keys(options));
    throw usage(
      `\`${command.name}\` has no option --${unknown}`,
      meant === undefined ? `See \`bwbridge help ${command.name}\`.` : `Did you mean --${meant}?`,
    );
  }
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values, words: positionals };
  } catch (error) {
    const message = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw usage(message ?? "the options are not understood", `See \`bwbridge help ${command.name}\`.`);
  }
}
