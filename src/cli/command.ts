/** Documented in the help: scripts rely on them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  held: 3,
  directory: 4,
  bitwarden: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where a command writes. */
export interface Terminal {
  /** Writes a line to standard output: results. */
  print(line: string): void;
  /** Writes to standard error as it is: progress, and errors. */
  writeError(text: string): void;
  /** Standard error is a terminal: somebody watches. */
  readonly interactive: boolean;
  readonly color: boolean;
}

/** One option of a command beside those that all have. */
export interface CommandOption {
  type: "string" | "boolean";
  /** What stands for the value in the help, e.g. `N`. */
  value?: string;
  help: string;
}

/** One run of a command: what was typed, and where to answer. */
export interface Call {
  /** Words after the command's name. */
  readonly words: string[];
  /** The configuration that was named with `--config`. */
  readonly config: string | undefined;
  readonly json: boolean;
  readonly terminal: Terminal;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  text(option: string): string | undefined;
  flag(option: string): boolean;
}

/** One command: its help is generated from this, and its code is loaded only when it runs. */
export interface Command {
  /** One or two words. */
  name: string;
  /** The first word alone means this command. */
  usual?: boolean;
  /** Words after the name, e.g. `[connection]`. */
  words?: string;
  /** How many words may follow; none when absent. */
  mostWords?: number;
  summary: string;
  /** What else an administrator must know, in sentences. */
  details?: string;
  example: string;
  options?: Record<string, CommandOption>;
  run(call: Call): Promise<ExitCode>;
}
