import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import knex, { type Knex } from "knex";
import { BridgeError } from "../domain/errors.ts";

/** A look at the lock by `storeHolder` takes less than this; it must not keep a service from starting. */
const PROBED_MS = 250;

/**
 * One process owns a SQLite store. The lock is SQLite's own exclusive lock on a file beside it: the
 * kernel frees it when the process dies, SIGKILL included, so it can never go stale.
 */
export async function lockStore(file: string, command: string): Promise<AsyncDisposable> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const holderFile = `${file}.holder`;
  const lock = openLockFile(file);
  try {
    await lock.raw(`PRAGMA busy_timeout = ${String(PROBED_MS)}`);
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

/** Who owns the store now, in words; null: nobody. Takes nothing and waits for nobody. */
export async function storeHolder(file: string): Promise<string | null> {
  if (!existsSync(`${file}.lock`)) return null;
  const lock = openLockFile(file);
  try {
    await lock.raw("PRAGMA busy_timeout = 0");
    await lock.raw("SELECT 1 FROM sqlite_master LIMIT 1");
    return null;
  } catch {
    // Locked exclusively: reading is refused while the owner lives.
    return readHolder(`${file}.holder`);
  } finally {
    await lock.destroy();
  }
}

function openLockFile(file: string): Knex {
  return knex({
    client: "sqlite3",
    connection: { filename: `${file}.lock` },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // The holder has the lock but has not written its name yet.
    return "another process";
  }
}
