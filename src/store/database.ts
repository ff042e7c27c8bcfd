import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import knex, { type Knex } from "knex";
import { BridgeError } from "../domain/errors.ts";

/** A connection or a transaction: what the functions of the store take. */
export type Sql = Knex;

/** How long a statement waits for another process's write before it fails. */
const BUSY_TIMEOUT_MS = 10_000;

/** The SQL connections of one store: one writer, because SQLite has one, and one reader. */
export interface Database extends AsyncDisposable {
  readonly reader: Knex;
  readonly writer: Knex;
}

/** The callback API of package sqlite3 that is needed before knex takes over. */
interface RawConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

/**
 * Opens the SQLite file. `synchronous=FULL`: an acknowledged hint survives a power cut; NORMAL would
 * not promise that. Pragmas are per connection and in this order: busy_timeout first, since switching
 * to WAL may itself have to wait.
 */
export function openDatabase(file: string): Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const writer = connect(file, ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]);
  const reader = connect(file, ["query_only = ON"]);
  return {
    reader,
    writer,
    async [Symbol.asyncDispose]() {
      await reader.destroy();
      await writer.destroy();
    },
  };
}

function connect(filename: string, pragmas: string[]): Knex {
  const statements = [`busy_timeout = ${String(BUSY_TIMEOUT_MS)}`, ...pragmas];
  const sql = statements.map((pragma) => `PRAGMA ${pragma};`).join(" ");
  return knex({
    client: "sqlite3",
    connection: { filename },
    useNullAsDefault: true,
    // Errors would carry whole statements with everybody's addresses into the log.
    compileSqlOnError: false,
    // More than one writer connection only produces SQLITE_BUSY (knex#3176).
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: RawConnection, done: (error: Error | null) => void) {
        connection.exec(sql, done);
      },
    },
  });
}

/** Writes a copy of the whole store, as of now, to a new file; whoever owns the store goes on meanwhile. */
export async function copyStore(database: Database, target: string): Promise<void> {
  await database.writer.raw("VACUUM INTO ?", [target]);
}

/** Runs `work` in one transaction of the writer; a failure of the store becomes a BridgeError. */
export async function transaction<T>(database: Database, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  try {
    return await database.writer.transaction(work);
  } catch (error) {
    throw storeError(error);
  }
}

/** Names what SQLite could not do; anything that is not SQLite's passes unchanged. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  if (!error.code.startsWith("SQLITE_")) return error;
  const busy = error.code === "SQLITE_BUSY";
  return new BridgeError({
    code: busy ? "STORE_BUSY" : "STORE_FAILED",
    side: "bridge",
    message: `the store did not commit: ${error.code}`,
    remedy: busy
      ? "Another process holds the database for long; stop it or wait."
      : "Check the disk that holds the store: space, permissions, health.",
    retry: "later",
    cause: error,
  });
}
