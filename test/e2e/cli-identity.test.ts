import { describe, expect, test } from "vitest";
import { startBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta } from "../fakes/okta/server.ts";
import { HOOK_SECRET } from "../support/config.ts";
import { containing, editConfig, NOTHING_DONE, oneOf, renameIn, startWorld, statusOf, until } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;

/** The command that a message names as the way out, in words. */
function wayOut(message: string): string[] {
  const [, command] = /`bwbridge ([^`]+)`/.exec(message) ?? [];
  if (command === undefined) throw new Error(`no command in: ${message}`);
  return command.split(" ");
}

describe("a new name", { timeout: SLOWLY_MS }, () => {
  test("of a connection is refused with the way out; after it nothing is written, and its hooks work", async () => {
    await using world = await startWorld();
    await world.run("sync");
    const writes = world.bitwarden.history.writes().length;
    await renameIn(world, "okta-main", "okta-hq");

    const refused = await world.run("sync");
    expect(refused).toMatchObject({ code: 2, stderr: containing("connections rename okta-main okta-hq") });
    expect(await world.run("serve")).toMatchObject({ code: 2 });
    expect(await world.json(...wayOut(refused.stderr))).toMatchObject({
      code: 0,
      answer: { renamed: "okta-main", to: "okta-hq" },
    });

    expect(await world.json("sync", "--full")).toMatchObject({ code: 0, answer: NOTHING_DONE });
    expect(world.bitwarden.history.writes()).toHaveLength(writes);
    await using bridge = await world.serve();
    await world.okta.hooks.register({ url: `${bridge.hooks}/hooks/okta/okta-hq`, secret: HOOK_SECRET });
    const leaver = oneOf(world, 2);
    world.okta.admin.deactivate(leaver.id);
    await until("the leaver is revoked", () => statusOf(world, leaver.email) === -1);
  });

  test("of an organization is refused with the way out; after it nothing is written, and a leaver is revoked", async () => {
    await using world = await startWorld();
    await world.run("sync");
    const writes = world.bitwarden.history.writes().length;
    await renameIn(world, "acme", "acme-prod");

    const refused = await world.run("sync");
    expect(refused).toMatchObject({ code: 2, stderr: containing("organizations rename acme acme-prod") });
    expect(await world.run(...wayOut(refused.stderr))).toMatchObject({ code: 0 });

    expect(await world.json("sync", "--full")).toMatchObject({ code: 0, answer: NOTHING_DONE });
    expect(world.bitwarden.history.writes()).toHaveLength(writes);
    const leaver = oneOf(world, 2);
    world.okta.admin.deactivate(leaver.id);
    expect((await world.run("sync", "--full")).code).toBe(0);
    expect(statusOf(world, leaver.email)).toBe(-1);
  });

  test("of both at once is refused twice, and carried over by both commands", async () => {
    await using world = await startWorld();
    await world.run("sync");
    await renameIn(world, "acme", "acme-prod");
    await renameIn(world, "okta-main", "okta-hq");

    for (const what of ["organization", "connection"]) {
      const refused = await world.run("sync");
      expect(refused.stderr).toContain(`the ${what} "`);
      expect((await world.run(...wayOut(refused.stderr))).code).toBe(0);
    }

    expect(await world.json("sync", "--full")).toMatchObject({ code: 0, answer: NOTHING_DONE });
  });

  test("that is not in the file, is taken, or was never known, is told", async () => {
    await using world = await startWorld();
    await world.run("sync");

    const typed: [string[], string][] = [
      [["connections", "rename", "okta-main", "okta-hq"], "still in"],
      [["connections", "rename", "other", "okta-hq"], "is not in"],
      [["connections", "rename", "other", "okta-main"], 'has a connection "okta-main" already'],
      [["organizations", "rename", "acme"], "organizations rename old-name new-name"],
    ];
    for (const [words, answer] of typed) {
      expect(await world.run(...words)).toMatchObject({ code: 2, stderr: containing(answer) });
    }
    await renameIn(world, "okta-main", "okta-hq");
    expect(await world.run("connections", "rename", "okta", "okta-hq")).toMatchObject({
      code: 2,
      stderr: containing('knows no connection "okta"'),
    });
  });
});

describe("another one behind the same name", { timeout: SLOWLY_MS }, () => {
  test("a Bitwarden organization is refused; its way out forgets the ledger only when told so, and plans anew", async () => {
    await using world = await startWorld({ firstRun: "hold" });
    await world.run("sync");
    await world.run("held", "approve", "--all");
    await using other = await startBitwarden();
    await editConfig(world, (text) =>
      text.replace(world.bitwarden.clientId, other.clientId).replace(world.bitwarden.url, other.url),
    );
    world.env["TEST_BW_SECRET"] = other.clientSecret;

    const refused = await world.run("sync");
    expect(refused).toMatchObject({ code: 2, stderr: containing("the store knows") });
    const command = wayOut(refused.stderr);
    expect(command.join(" ")).toBe("reset --organization acme --ledger");
    expect(await world.run(...command)).toMatchObject({ code: 3, stdout: containing("forgets 12 members") });
    expect((await world.run("sync")).code).toBe(2);
    expect((await world.run(...command, "--yes")).code).toBe(0);

    expect((await world.run("sync")).code).toBe(3);
    expect(other.history.writes()).toEqual([]);
    expect((await world.run("held", "approve", "--all")).code).toBe(0);
    expect(other.dump().members.filter(({ externalId }) => externalId !== null)).toHaveLength(12);
    expect(world.managed().every(({ status }) => status !== -1)).toBe(true);
  });

  test("a directory is refused; the same one under another address goes on after a reset, without a write", async () => {
    await using world = await startWorld();
    await world.run("sync");
    const writes = world.bitwarden.history.writes().length;
    await using moved = await startOkta({ users: 12, groups: 3, activeOnly: true });
    await editConfig(world, (text) => text.replace(world.okta.url, moved.url));

    const refused = await world.run("sync");
    expect(refused).toMatchObject({ code: 2, stderr: containing(moved.url) });
    expect(wayOut(refused.stderr).join(" ")).toBe("reset okta-main");
    expect((await world.run(...wayOut(refused.stderr))).code).toBe(0);

    expect(await world.json("sync")).toMatchObject({ code: 0, answer: NOTHING_DONE });
    expect(world.bitwarden.history.writes()).toHaveLength(writes);
  });

  test("a directory that is really another one takes nobody away after a reset: everybody is listed", async () => {
    await using world = await startWorld();
    await world.run("sync");
    await using other = await startOkta({ users: 3, groups: 0, activeOnly: true, seed: 77 });
    await editConfig(world, (text) => text.replace(world.okta.url, other.url));
    await world.run("reset", "okta-main");

    const { code, answer } = await world.json("sync");

    expect(code).toBe(3);
    const [organization] = answer["organizations"] as { stillActive: { why: string; text: string }[] }[];
    expect(organization?.stillActive).toHaveLength(12);
    expect(organization?.stillActive[0]?.text).toContain("does not know this person any more");
    expect(world.managed().every(({ status }) => status !== -1)).toBe(true);
  });
});

describe("a connection that feeds another organization now", { timeout: SLOWLY_MS }, () => {
  test("is read anew for it, and the people of the first one are not taken away, nor forgotten", async () => {
    await using world = await startWorld();
    await world.run("sync");
    await using other = await startBitwarden({ apiKey: world.bitwarden.clientSecret });
    await editConfig(world, (text) => {
      const file = JSON.parse(text) as { organizations: { bitwarden: object }[]; connections: object[] };
      const [acme] = file.organizations;
      const bitwarden = { ...acme?.bitwarden, serverUrl: other.url, clientId: other.clientId };
      return JSON.stringify({
        ...file,
        organizations: [...file.organizations, { ...acme, name: "beta", bitwarden }],
        connections: file.connections.map((connection) => ({ ...connection, organization: "beta" })),
      });
    });

    expect(await world.json("sync")).toMatchObject({
      code: 0,
      answer: { connections: [{ organization: "beta", full: true }], organizations: [{ organization: "beta" }] },
    });

    expect(other.dump().members.filter(({ externalId }) => externalId !== null)).toHaveLength(12);
    expect(world.managed().every(({ status }) => status !== -1)).toBe(true);
    const status = await world.run("status");
    expect(status.stdout).toContain("State: degraded");
    expect(status.stdout).toContain("no connection of the configuration feeds it");
  });
});
