import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import knex from "knex";
import { BridgeError } from "../domain/errors.ts";

/**
 * One process owns a SQLite store. The lock is SQLite's own exclusive lock on a file beside it: the
 * kernel frees it when the process dies, SIGKILL included, so it can never go stale.
 */
export async function lockStore(file: string, command: string): Promise<AsyncDisposable> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const holderFile = `${file}.holder`;
  const lock = knex({
    client: "sqlite3",
    connection: { filename: `${file}.lock` },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    await lock.raw("PRAGMA busy_timeout = 0");
    await lock.raw("BEGIN EXCLUSIVE");
  } catch (error) {
    await lock.destroy();
    throw new BridgeError({
      code: "LOCKED",
      side: "bridge",
      message: `the store ${file} is in use by ${readHolder(holderFile)}`,
      remedy: "Stop that process first, or give this one a store of its own.",
      retry: "later",
      cause: error,
    });
  }
  const since = new Date().toISOString();
  writeFileSync(holderFile, `${command} (pid ${String(process.pid)} on ${hostname()}, since ${since})\n`);
  return {
    async [Symbol.asyncDispose]() {
      await lock.raw("ROLLBACK");
      await lock.destroy();
    },
  };
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // The holder has the lock but has not written its name yet.
    return "another process";
  }
}
