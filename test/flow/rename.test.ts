import { expect, test } from "vitest";
import { transaction, type Database } from "../../src/store/database.ts";
import { renameConnection, renameOrganization } from "../../src/store/rename.ts";
import { ORGANIZATION } from "../support/config.ts";
import { TwoWorld } from "./two-world.ts";
import { NO_GUARD } from "./world.ts";

/** What was written down in the words of its time stays as it was. */
const HISTORY = ["journal", "requests"];

/** Rows that hold a name, by table. */
async function rowsWith({ reader }: Database, name: RegExp): Promise<string[]> {
  const tables = await reader.raw<{ name: string }[]>("SELECT name FROM sqlite_master WHERE type = 'table'");
  const found: string[] = [];
  for (const { name: table } of tables) {
    if (HISTORY.includes(table) || table.startsWith("sqlite_")) continue;
    const rows = await reader<Record<string, unknown>>(table).select("*");
    found.push(...rows.map((row) => `${table} ${JSON.stringify(row)}`).filter((line) => name.test(line)));
  }
  return found;
}

test("a rename reaches every row that holds the name, also of what is open", async () => {
  await using world = await TwoWorld.start({
    authoritative: "hq",
    organization: { guard: { ...NO_GUARD, members: { max: 0, percent: 0 } }, protected: ["dora@example.com"] },
  });
  const leavers = ["ann", "bob", "cleo", "dora"].map((who) => {
    world.person("lab", `${who}@example.com`, ["Research"]);
    return world.person("hq", `${who}@example.com`, ["Sales"]);
  });
  await world.full();
  for (const id of leavers) world.okta.hq.admin.suspend(id);
  await world.quiet();
  await world.full();
  expect(await world.held()).toHaveLength(3);
  world.goesAway("hq");
  world.okta.hq.admin.updateProfile(leavers[0] ?? "", { title: "Chemist" });
  await world.okta.hq.hooks.idle();
  await world.full();

  await world.restart({}, async (database) => {
    const before = await rowsWith(database, /"hq["/\\]/);
    expect(new Set(before.map((line) => line.split(" ")[0]))).toContain("directory_errors");
    await transaction(database, (trx) => renameConnection(trx, "hq", "headquarters"));
    expect(await rowsWith(database, /"hq["/\\]/)).toEqual([]);
    expect(await rowsWith(database, /"headquarters["/\\]/)).toHaveLength(before.length);
    await transaction(database, (trx) => renameConnection(trx, "headquarters", "hq"));

    const owned = await rowsWith(database, new RegExp(`"${ORGANIZATION}"`));
    await transaction(database, (trx) => renameOrganization(trx, ORGANIZATION, "acme-prod"));
    expect(await rowsWith(database, new RegExp(`"${ORGANIZATION}"`))).toEqual([]);
    expect(await rowsWith(database, /"acme-prod"/)).toHaveLength(owned.length);
    await transaction(database, (trx) => renameOrganization(trx, "acme-prod", ORGANIZATION));
  });
  world.isBack("hq");
  await world.full();
  expect(await world.held()).toHaveLength(3);
});
