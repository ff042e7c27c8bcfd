import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { lockStore, storeHolder } from "../../src/store/lock.ts";
import { migrate, requireCurrentSchema } from "../../src/store/migrations.ts";

async function withFolder(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bwbridge-lock-"));
  try {
    await work(join(folder, "data", "bridge.db"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Another process that holds the store until it is killed. */
async function startHolder(file: string): Promise<ChildProcess> {
  const lock = new URL("../../src/store/lock.ts", import.meta.url).href;
  const script = `import { lockStore } from ${JSON.stringify(lock)};
    await lockStore(${JSON.stringify(file)}, "bwbridge serve");
    process.stdout.write("locked");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("a second process is refused with the name of the holder, and let in as soon as that one is killed", async () => {
  await withFolder(async (file) => {
    const holder = await startHolder(file);
    try {
      await expect(lockStore(file, "bwbridge sync")).rejects.toMatchObject({
        code: "LOCKED",
        message: expect.stringMatching(new RegExp(`bwbridge serve \\(pid ${String(holder.pid)}`)) as string,
      });
      expect(await storeHolder(file)).toContain("bwbridge serve");
    } finally {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    }
    expect(await storeHolder(file)).toBeNull();
    await using _lock = await lockStore(file, "bwbridge sync");
    expect(await storeHolder(file)).toContain("bwbridge sync");
  });
});

test("a released store can be locked again in the same process", async () => {
  await withFolder(async (file) => {
    for (let round = 0; round < 2; round += 1) {
      await using _lock = await lockStore(file, "test");
    }
    expect(await storeHolder(file)).toBeNull();
  });
});

test("migrations run once, and a store of a newer version is refused by name", async () => {
  await withFolder(async (file) => {
    await using database = openDatabase(file);
    await expect(requireCurrentSchema(database)).rejects.toMatchObject({ code: "STORE_FAILED" });
    await migrate(database);
    await migrate(database);
    await requireCurrentSchema(database);

    await database.writer("migrations").insert({ name: "9999-from-the-future", at: 0 });

    const refusal = { code: "STORE_FAILED", message: expect.stringContaining("9999-from-the-future") as string };
    await expect(migrate(database)).rejects.toMatchObject(refusal);
    await expect(requireCurrentSchema(database)).rejects.toMatchObject(refusal);
  });
});

test("the reading connection cannot write, and sees what is committed", async () => {
  await withFolder(async (file) => {
    await using database = openDatabase(file);
    await migrate(database);
    await expect(database.reader("organizations").insert({ name: "acme" })).rejects.toThrow(/readonly/i);
    await database.writer("organizations").insert({ name: "acme" });
    expect(await database.reader("organizations").select("name")).toEqual([{ name: "acme" }]);
  });
});

test("an error of the store names the statement without what was in it", async () => {
  await withFolder(async (file) => {
    await using database = openDatabase(file);
    await migrate(database);
    const insert = (): Promise<unknown> => database.writer("organizations").insert({ name: "somebody@example.com" });
    await insert();
    const error: unknown = await insert().catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("UNIQUE");
    expect(String(error)).not.toContain("somebody@example.com");
  });
});
