import { existsSync } from "node:fs";
import type { Config } from "../config/parse.ts";
import { BridgeError } from "../domain/errors.ts";
import { openDatabase, type Database } from "../store/database.ts";
import { lockStore } from "../store/lock.ts";
import { migrate, requireCurrentSchema } from "../store/migrations.ts";

/** Opens the store beside whoever owns it. Never creates or changes its schema. */
export async function openBeside(config: Config): Promise<Database> {
  const file = existing(config);
  const database = openDatabase(file);
  try {
    await requireCurrentSchema(database);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the store as its owner: while it is open nobody else works on it. Fails with LOCKED beside a service. */
export async function openOwned(
  config: Config,
  command: string,
): Promise<AsyncDisposable & { readonly database: Database }> {
  await using stack = new AsyncDisposableStack();
  const file = existing(config);
  stack.use(await lockStore(file, command));
  const database = stack.use(openDatabase(file));
  await migrate(database);
  const open = stack.move();
  return { database, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

function existing(config: Config): string {
  const file = config.store.sqlite;
  if (existsSync(file)) return file;
  throw new BridgeError({
    code: "STORE_FAILED",
    side: "bridge",
    message: `there is no store yet: ${file} does not exist`,
    remedy: "Start `bwbridge serve`, or run `bwbridge sync` once; check `store.sqlite` if it should be there.",
    retry: "never",
  });
}
