import type { Knex } from "knex";
import { BridgeError } from "../domain/errors.ts";
import { transaction, type Database } from "./database.ts";
import { initial } from "./migrations/0001-initial.ts";

interface Migration {
  name: string;
  up(trx: Knex.Transaction): Promise<void>;
}

/** Forward only, in this order, each in one transaction. Never edit one that has been released. */
const MIGRATIONS: Migration[] = [{ name: "0001-initial", up: initial }];

/** Brings the schema up to date. The caller holds the store's lock, so no second process migrates. */
export async function migrate(database: Database): Promise<void> {
  await database.writer.raw("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at BIGINT NOT NULL)");
  const applied = await appliedMigrations(database);
  refuseNewer(applied);
  for (const migration of MIGRATIONS) {
    if (applied.has(migration.name)) continue;
    await transaction(database, async (trx) => {
      await migration.up(trx);
      await trx("migrations").insert({ name: migration.name, at: Date.now() });
    });
  }
}

/** For commands beside a running service: they never migrate, so the schema must already be theirs. */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const exists = await database.reader.schema.hasTable("migrations");
  const applied = exists ? await appliedMigrations(database) : new Set<string>();
  refuseNewer(applied);
  const missing = MIGRATIONS.filter((migration) => !applied.has(migration.name));
  if (missing.length === 0) return;
  throw schemaError(
    `the store lacks ${missing.map((migration) => migration.name).join(", ")}`,
    "Start `bwbridge serve` of this version once; it brings the store up to date.",
  );
}

async function appliedMigrations(database: Database): Promise<Set<string>> {
  const rows = await database.reader<{ name: string }>("migrations").select("name");
  return new Set(rows.map((row) => row.name));
}

function refuseNewer(applied: Set<string>): void {
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const newer = [...applied].filter((name) => !known.has(name));
  if (newer.length === 0) return;
  throw schemaError(
    `the store was written by a newer version (${newer.join(", ")})`,
    "Install that version again, or restore the backup made before the upgrade.",
  );
}

function schemaError(message: string, remedy: string): BridgeError {
  return new BridgeError({ code: "STORE_FAILED", side: "bridge", message, remedy, retry: "never" });
}
