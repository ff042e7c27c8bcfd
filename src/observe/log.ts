import { pino, type DestinationStream, type Logger } from "pino";
import { redactFields, scrub } from "./redact.ts";

export type Log = Logger;

interface LogOptions {
  level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Values that must not leave the process in any field or message, whatever carried them there. */
  secrets?: () => readonly string[];
  /** Absent: stdout, gathered and written asynchronously; pino flushes it when the process exits. */
  destination?: DestinationStream;
}

/** Under load one write carries many lines; otherwise a line waits a quarter of a second. */
const GATHERED_BYTES = 16_000;
const FLUSH_MS = 250;

/**
 * One JSON line per entry. Secrets are kept out twice: by the name of the field, and by value over the finished line
 * (for the bindings of child loggers, which pino does not hand to formatters, only by value).
 */
export function createLog(options: LogOptions): Log {
  const { secrets } = options;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }), log: redactFields },
      // Errors are already plain fields when pino's own serializer would see them.
      serializers: { err: (fields: unknown) => fields },
      ...(secrets === undefined ? {} : { hooks: { streamWrite: (line: string) => scrub(line, secrets()) } }),
    },
    options.destination ?? pino.destination({ fd: 1, sync: false, minLength: GATHERED_BYTES, periodicFlush: FLUSH_MS }),
  );
}
