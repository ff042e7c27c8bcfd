import { z } from "zod";

const lineSchema = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().default("") });

/** Turns the log's JSON lines into lines for people: time, level, message, then the other fields. */
export function prettyLines(stream: { write(text: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      const { level, time, msg, ...fields } = lineSchema.parse(JSON.parse(line));
      const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${plain(value)}`);
      stream.write(`${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${msg}${rest.join("")}\n`);
    },
  };
}

function plain(value: unknown): string {
  return typeof value === "string" && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}
