import { existsSync } from "node:fs";
import type { Config } from "../config/parse.ts";
import { BridgeError } from "../domain/errors.ts";
import { openDatabase, type Database } from "../store/database.ts";
import { requireCurrentSchema } from "../store/migrations.ts";

/** Opens the store beside whoever owns it. Never creates or changes its schema. */
export async function openBeside(config: Config): Promise<Database> {
  const file = config.store.sqlite;
  if (!existsSync(file)) {
    throw new BridgeError({
      code: "STORE_FAILED",
      side: "bridge",
      message: `there is no store yet: ${file} does not exist`,
      remedy: "Start `bwbridge serve`, or run `bwbridge sync` once; check `store.sqlite` if it should be there.",
      retry: "never",
    });
  }
  const database = openDatabase(file);
  try {
    await requireCurrentSchema(database);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}
