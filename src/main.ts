#!/usr/bin/env -S node --max-semi-space-size=16 --max-old-space-size=1536
import { enableCompileCache } from "node:module";
import { runCommandLine } from "./cli/run.ts";
import { noColor } from "./config/environment.ts";

/** After everything is closed the process ends by itself; what still keeps it alive then is given this long. */
const LINGER_MS = 3_000;
/** What a shell reports for a process ended by Ctrl-C. */
const INTERRUPTED = 130;

// Compiled code is kept between starts: a third less time to ready, and 20 MiB less memory.
enableCompileCache();

const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(INTERRUPTED);
    stopping.abort(new Error(name));
  });
}
// `bwbridge journal | head`: nobody reads on, so there is nothing left to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    print: (line) => void process.stdout.write(`${line}\n`),
    writeError: (text) => void process.stderr.write(text),
    interactive: process.stderr.isTTY,
    color: process.stdout.isTTY && !noColor(),
  },
  stopping.signal,
);
setTimeout(() => {
  process.exit();
}, LINGER_MS).unref();
