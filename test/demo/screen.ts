/** Text for a person: aligned, and coloured only where a terminal can show it. */
export interface Screen {
  heading(text: string): void;
  /** A sentence for the newcomer; an empty one is an empty line. */
  say(text: string): void;
  /** Aligned pairs. */
  table(rows: readonly (readonly [string, string])[]): void;
  /** What a command printed, cut after `lines` and at the edge. */
  quote(command: string, output: string, lines: number): void;
  /** Something happened: time, its kind, what it was. */
  event(kind: string, text: string): void;
  /** What followed from it: how long it took, what was done; `quiet` when nothing reached Bitwarden. */
  effect(time: string, text: string, tone: "done" | "quiet" | "bad"): void;
  /** Why that followed. */
  why(text: string): void;
  /** Something to type; never wrapped, so that it can be copied. */
  command(text: string): void;
  /** One entry of the live view. */
  live(source: "Okta" | "Bitwarden", text: string): void;
}

export interface ScreenOptions {
  color: boolean;
  /** Columns to wrap at. */
  width: number;
  write(text: string): void;
}

/** The widest text that still reads well. */
const WIDEST = 120;
const KIND = 11;
const MARGIN = 10;

export function openScreen(options: ScreenOptions): Screen {
  const { color, width } = options;
  const write = (text: string): void => options.write(text);
  const columns = Math.max(40, Math.min(width, WIDEST));
  const paint = (code: string): Paint => (color ? (text) => `\u001b[${code}m${text}\u001b[0m` : plain);
  const [bold, dim, green, yellow, red, cyan] = [
    paint("1"),
    paint("2"),
    paint("32"),
    paint("33"),
    paint("31"),
    paint("36"),
  ];
  /** Wraps behind a prefix, whose width is `indent`; later lines are indented by as much. */
  const block = (prefix: string, indent: number, text: string, style: Paint): void => {
    const [first = "", ...rest] = wrap(text, columns - indent);
    write(`${prefix}${style(first)}\n`);
    for (const line of rest) write(`${" ".repeat(indent)}${style(line)}\n`);
  };
  const indent = MARGIN + KIND;
  return {
    heading(text) {
      write(`\n${bold(text)}\n`);
    },
    say(text) {
      if (text === "") write("\n");
      else block("  ", 2, text, plain);
    },
    table(rows) {
      const left = Math.max(...rows.map(([name]) => name.length));
      for (const [name, value] of rows) write(`  ${name.padEnd(left)}  ${value}\n`);
    },
    quote(command, output, lines) {
      write(`  ${cyan(`$ ${command}`)}\n`);
      const all = output.trimEnd().split("\n");
      for (const line of all.slice(0, lines)) write(`  ${dim("│")} ${cut(line, columns - 4)}`.trimEnd() + "\n");
      if (all.length > lines) write(`  ${dim(`│ … ${all.length - lines} more lines`)}\n`);
    },
    event(kind, text) {
      block(`\n${dim(clock(new Date()))}  ${bold(kind.padEnd(KIND))}`, indent, text, plain);
    },
    effect(time, text, tone) {
      const style = tone === "done" ? green : tone === "quiet" ? yellow : red;
      block(`${" ".repeat(MARGIN)}${style(`→ ${time}`.padEnd(KIND))}`, indent, text, style);
    },
    why(text) {
      block(" ".repeat(indent), indent, text, dim);
    },
    command(text) {
      write(`  ${cyan(`$ ${text}`)}\n`);
    },
    live(source, text) {
      const style = source === "Okta" ? cyan : green;
      block(`${dim(clock(new Date()))}  ${style(source.padEnd(KIND))}`, indent, text, plain);
    },
  };
}

type Paint = (text: string) => string;

function plain(text: string): string {
  return text;
}

function clock(at: Date): string {
  return at.toTimeString().slice(0, 8);
}

function cut(line: string, width: number): string {
  return line.length <= width ? line.trimEnd() : `${line.slice(0, width - 1).trimEnd()}…`;
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  // No-break spaces have done their work.
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}

/** `214 ms`, `3.4 s`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `1 person`, `2 people`. */
export function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
