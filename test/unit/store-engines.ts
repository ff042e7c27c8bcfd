import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, type Database, type Sql } from "../../src/store/database.ts";
import { claimIdentities } from "../../src/store/identity.ts";
import { migrate } from "../../src/store/migrations.ts";

/** A migrated, empty store of its own. */
export interface Store extends AsyncDisposable {
  readonly database: Database;
}

/** What the contract of the store runs over: `describe.each(engines)`. */
export interface Engine {
  name: string;
  open: () => Promise<Store>;
}

export const CONNECTION = "okta-main";
export const ORGANIZATION = "acme";

/** Rows of a configured connection and its organization, as a start of the bridge makes them. */
export async function named(db: Sql, connection: string): Promise<void> {
  await claimIdentities(db, {
    organizations: [{ name: ORGANIZATION, bitwardenId: "00000000-0000-0000-0000-000000000000" }],
    connections: [{ name: connection, organization: ORGANIZATION, identity: `test ${connection}` }],
  });
}

async function openSqlite(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "bwbridge-store-"));
  const database = openDatabase(join(folder, "bridge.db"));
  await migrate(database);
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

export const engines: Engine[] = [{ name: "SQLite", open: openSqlite }];
