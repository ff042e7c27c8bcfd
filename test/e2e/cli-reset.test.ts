import { describe, expect, test } from "vitest";
import { containing, NOTHING_DONE, oneOf, renameIn, startWorld, statusOf } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;

describe("reset", { timeout: SLOWLY_MS }, () => {
  test("forgets what was read: the next sync reads everything, writes nothing, and a leaver is revoked", async () => {
    await using world = await startWorld();
    await world.run("sync");
    const writes = world.bitwarden.history.writes().length;

    expect(await world.json("reset", "okta-main")).toMatchObject({
      code: 0,
      answer: { reset: ["okta-main"], forgot: null },
    });

    expect(await world.json("sync")).toMatchObject({
      code: 0,
      answer: { ...NOTHING_DONE, connections: [{ full: true }] },
    });
    expect(world.bitwarden.history.writes()).toHaveLength(writes);
    const leaver = oneOf(world, 4);
    world.okta.admin.deactivate(leaver.id);
    await world.run("sync");
    expect(statusOf(world, leaver.email)).toBe(-1);
  });

  test("--ledger says what follows and does nothing; with --yes everything is taken over anew, behind a first plan", async () => {
    await using world = await startWorld({ firstRun: "hold" });
    await world.run("sync");
    await world.run("held", "approve", "--all");
    const writes = world.bitwarden.history.writes().length;

    const shown = await world.json("reset", "okta-main", "--ledger");
    expect(shown).toMatchObject({ code: 3, answer: { forgets: { members: 12, revokedByUs: 0 } } });
    expect((await world.run("sync", "--full")).code).toBe(0);
    expect(await world.json("reset", "okta-main", "--ledger", "--yes")).toMatchObject({
      code: 0,
      answer: { reset: ["okta-main"], forgot: { members: 12 } },
    });

    world.okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina.new@example.com" });
    expect((await world.run("sync")).code).toBe(3);
    expect(world.managed()).toHaveLength(12);
    expect(world.bitwarden.history.writes()).toHaveLength(writes);
    await world.run("held", "approve", "--all");
    expect(world.managed()).toHaveLength(13);
    const leaver = oneOf(world, 4);
    world.okta.admin.deactivate(leaver.id);
    expect((await world.run("sync", "--full")).code).toBe(0);
    expect(statusOf(world, leaver.email)).toBe(-1);
  });

  test("needs one connection or one organization", async () => {
    await using world = await startWorld();
    await world.run("sync");

    expect(await world.run("reset")).toMatchObject({ code: 2, stderr: containing("reset what?") });
    expect(await world.run("reset", "okta-main", "--organization", "acme")).toMatchObject({ code: 2 });
    expect(await world.run("reset", "--organization", "acne")).toMatchObject({ code: 2, stderr: containing("acme") });
  });

  test("and the renames say beside a service that it must be stopped first, and change nothing", async () => {
    await using world = await startWorld();
    await world.run("sync");
    await using bridge = await world.serve();
    const said = { code: 1, stderr: containing(`bwbridge serve (pid ${String(bridge.pid)}`) };

    expect(await world.run("reset", "okta-main")).toMatchObject(said);
    expect(await world.run("reset", "okta-main", "--ledger", "--yes")).toMatchObject(said);
    await renameIn(world, "okta-main", "okta-hq");
    expect(await world.run("connections", "rename", "okta-main", "okta-hq")).toMatchObject(said);
    await renameIn(world, "okta-hq", "okta-main");
    await renameIn(world, "acme", "acme-prod");
    const renaming = await world.json("organizations", "rename", "acme", "acme-prod");
    expect(renaming).toMatchObject({ code: 1, answer: { error: { code: "LOCKED", remedy: containing("Stop") } } });
    await renameIn(world, "acme-prod", "acme");
    expect(await world.json("sync", "--full")).toMatchObject({ code: 0, answer: NOTHING_DONE });
  });
});
