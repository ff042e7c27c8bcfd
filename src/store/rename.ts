import type { Knex } from "knex";
import { qualified } from "../domain/subject.ts";

const OF_CONNECTION = ["hints", "directory", "edges", "inbox", "cursors", "runs", "directory_errors"];
/** Columns that hold qualified keys. */
const QUALIFIED = [
  ["joined", "claim"],
  ["joined", "person"],
  ["ledger", "key"],
  ["ledger_members", "group_key"],
  ["ledger_members", "user_key"],
  ["operations", "key"],
  ["operations", "object"],
  ["notices", "key"],
] as const;
const OF_ORGANIZATION = ["joined", "ledger", "ledger_members", "operations", "notices", "journal"];

/** Whether the store knows one of this name. */
export async function isTaken(db: Knex, what: "connection" | "organization", name: string): Promise<boolean> {
  const row: unknown = await db(`${what}s`).where({ name }).first();
  return row !== undefined;
}

/** Gives a connection another name, and everything that carries it. False: there is none of the old name. */
export async function renameConnection(trx: Knex, before: string, now: string): Promise<boolean> {
  if ((await trx("connections").where({ name: before }).update({ name: now })) === 0) return false;
  for (const table of OF_CONNECTION) await trx(table).where({ connection: before }).update({ connection: now });
  const [old, fresh] = [qualified(before, ""), qualified(now, "")];
  for (const [table, column] of QUALIFIED) {
    await trx.raw(`UPDATE ${table} SET ${column} = ? || substr(${column}, ?) WHERE substr(${column}, 1, ?) = ?`, [
      fresh,
      old.length + 1,
      old.length,
      old,
    ]);
  }
  const finalWord = "json_extract(data, '$.finalWord')";
  await trx.raw(`UPDATE operations SET data = json_set(data, '$.finalWord', ?) WHERE ${finalWord} = ?`, [now, before]);
  return true;
}

/** Gives an organization another name, and everything that carries it. False: there is none of the old name. */
export async function renameOrganization(trx: Knex, before: string, now: string): Promise<boolean> {
  if ((await trx("organizations").where({ name: before }).update({ name: now })) === 0) return false;
  for (const table of [...OF_ORGANIZATION, "connections"]) {
    await trx(table).where({ organization: before }).update({ organization: now });
  }
  return true;
}
