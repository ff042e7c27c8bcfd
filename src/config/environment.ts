import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { z } from "zod";

/** What the outside world gives to the configuration; tests pass their own. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** Rejects like `fs.readFile` when the file is missing, and with code `EFBIG` when it is over `limitBytes`. */
  readFile(path: string, limitBytes: number): Promise<Buffer>;
  /** Unix permission bits, or undefined where the system has none. */
  fileMode(path: string): Promise<number | undefined>;
}

async function readBounded(path: string, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // One byte more than allowed is enough to know; pipes and devices, which have no size, end here too.
  for await (const chunk of createReadStream(path, { end: limitBytes })) chunks.push(z.instanceof(Buffer).parse(chunk));
  const bytes = Buffer.concat(chunks);
  if (bytes.length <= limitBytes) return bytes;
  throw Object.assign(new Error(`larger than ${limitBytes} bytes`), { code: "EFBIG" });
}

/** The process's own environment and files: the only place that touches `process.env`. */
export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    readFile: readBounded,
    async fileMode(path) {
      return process.platform === "win32" ? undefined : (await stat(path)).mode & 0o777;
    },
  };
}

/** Conventions of the environment that commands and output obey. */
export function readEnvironment(): { ci: boolean; noColor: boolean } {
  // https://no-color.org: any value that is not empty.
  return { ci: process.env["CI"] === "true", noColor: (process.env["NO_COLOR"] ?? "") !== "" };
}
