import { closeSync, openSync, readSync, statSync } from "node:fs";

/** What the outside world gives to the configuration; tests pass their own. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** Throws like `readFileSync` when the file is missing, and with code `EFBIG` when it is over `limitBytes`. */
  readFile(path: string, limitBytes: number): Buffer;
  /** Unix permission bits, or undefined where the system has none. */
  fileMode(path: string): number | undefined;
}

function readBounded(path: string, limitBytes: number): Buffer {
  const descriptor = openSync(path, "r");
  try {
    // One byte more than allowed is enough to know; pipes and devices, which have no size, end here too.
    const bytes = Buffer.alloc(limitBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length <= limitBytes) return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
  throw Object.assign(new Error(`larger than ${limitBytes} bytes`), { code: "EFBIG" });
}

/** The process's own environment and files: the only place that touches `process.env`. */
export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    readFile: readBounded,
    fileMode(path) {
      return process.platform === "win32" ? undefined : statSync(path).mode & 0o777;
    },
  };
}

/** Output without colors is asked for (https://no-color.org: by any value that is not empty). */
export function noColor(): boolean {
  return (process.env["NO_COLOR"] ?? "") !== "";
}
