import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCli } from "./bridge-process.ts";
import { containing, editConfig, matching, startWorld } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;

describe("without a service", { timeout: SLOWLY_MS }, () => {
  test("sync does the work itself, waits until it is done, and tells what it did", async () => {
    await using world = await startWorld();

    const first = await world.run("sync");
    const second = await world.json("sync", "okta-main", "--full");

    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("12 invitations");
    expect(world.managed()).toHaveLength(12);
    expect(second).toMatchObject({
      code: 0,
      answer: {
        carriedOutBy: null,
        connections: [{ connection: "okta-main", organization: "acme", full: true, stopped: false, failure: null }],
        organizations: [{ organization: "acme", failure: null, operations: [], open: [], stillActive: [] }],
      },
    });
  });

  test("a first plan waits for approval: 3, then approving all of it writes", async () => {
    await using world = await startWorld({ firstRun: "hold" });

    expect((await world.run("sync")).code).toBe(3);
    expect(world.bitwarden.history.writes()).toEqual([]);
    const held = await world.run("held");
    expect(held.code).toBe(3);
    expect(held.stdout).toContain("the first plan waits for approval");

    const approved = await world.run("held", "approve", "--all", "--by", "alice");

    expect(approved).toMatchObject({ code: 0, stderr: "" });
    expect(approved.stdout).toMatch(/as alice[^]*first plan of acme is approved[^]*done and read back/);
    expect(world.managed()).toHaveLength(12);
    expect(await world.json("held")).toMatchObject({ code: 0, answer: { held: [] } });
  });

  test("rejected operations are not sent", async () => {
    await using world = await startWorld({ firstRun: "hold" });
    await world.run("sync");
    const { answer } = await world.json("held");
    const [first] = answer["held"] as { id: number }[];

    const rejected = await world.json("held", "reject", String(first?.id), "99999");

    expect(rejected).toMatchObject({ code: 1, answer: { operations: [{ state: "rejected" }], unknown: [99999] } });
    await world.run("held", "approve", "--all");
    expect(world.managed()).toHaveLength(11);
  });

  test("plan says what would happen and writes nothing anywhere", async () => {
    await using world = await startWorld({ firstRun: "hold" });

    const empty = await world.run("plan");
    expect(empty.code).toBe(0);
    expect(empty.stdout).toMatch(/12 invitations[^]*Seats: \+12/);
    expect(existsSync(world.store)).toBe(false);

    await world.run("sync");
    const before = fingerprint(world.store);
    const again = await world.json("plan", "okta-main");

    expect(again).toMatchObject({
      code: 0,
      answer: { organizations: [{ connections: ["okta-main"], failure: null, forecast: { seats: 12 } }] },
    });
    expect(fingerprint(world.store)).toBe(before);
    expect(world.bitwarden.history.writes()).toEqual([]);
  });

  test("a stopped connection does nothing until it is started", async () => {
    await using world = await startWorld();
    await world.run("sync");
    expect((await world.run("stop")).stdout).toContain("okta-main is stopped");
    world.okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina.new@example.com" });

    expect((await world.run("sync", "--full")).stdout).toContain("stopped");
    expect(world.managed()).toHaveLength(12);

    await world.run("start", "--all");
    expect((await world.run("sync", "--full")).code).toBe(0);
    expect(world.managed()).toHaveLength(13);
  });

  test("status, last-sync and journal need a store, and do not make one", async () => {
    await using world = await startWorld();
    for (const command of ["status", "last-sync", "journal", "held"]) {
      const { code, stderr } = await world.run(command);
      expect([command, code]).toEqual([command, 1]);
      expect(stderr).toContain("there is no store yet");
    }
    expect(existsSync(world.store)).toBe(false);

    await world.run("sync");

    expect((await world.run("status")).stdout).toMatch(/State: well[^]*not running/);
    const last = await world.json("last-sync");
    expect(last.answer).toMatchObject({
      connections: [{ connection: "okta-main", complete: matching(/^20.*Z$/) }],
    });
    expect((await world.run("journal", "member.invite", "--limit", "3")).stdout.trim().split("\n")).toHaveLength(3);
    expect((await world.run("journal", "nobody-of-this-name")).stdout).toContain("no such entries");
  });
});

describe("exit codes", { timeout: SLOWLY_MS }, () => {
  test("4: the directory cannot be read, and nothing is taken away", async () => {
    await using world = await startWorld();
    await world.run("sync");
    await world.okta.stop();

    const { code, stdout, stderr } = await world.run("sync", "--full");

    expect([code, stdout + stderr]).toEqual([4, containing("okta")]);
    expect(world.managed().every(({ status }) => status >= 0)).toBe(true);
  });

  test("5: Bitwarden refuses the key", async () => {
    await using world = await startWorld();
    world.env["TEST_BW_SECRET"] = "not-the-secret-of-this-key";

    const { code, stdout } = await world.run("sync");

    expect(code).toBe(5);
    expect(stdout).toContain("problem");
    expect((await world.run("plan")).code).toBe(5);
  });

  test("2: what cannot be meant, with what was probably meant", async () => {
    await using world = await startWorld();
    const typed: [string[], string][] = [
      [["synk"], "bwbridge sync"],
      [["held", "aprove"], "bwbridge held approve"],
      [["sync", "--ful"], "--full"],
      [["sync", "okta-mian"], "okta-main"],
      [["sync", "okta-main", "more"], "does not take"],
      [["config"], "config validate"],
      [["held", "approve"], "--all"],
      [["journal", "--limit", "many"], "whole number"],
    ];
    for (const [words, expected] of typed) {
      const { code, stderr, stdout } = await world.run(...words);
      expect([words, code, stdout]).toEqual([words, 2, ""]);
      expect(stderr).toContain(expected);
    }
  });

  test("2: a configuration that is wrong or not there", async () => {
    await using world = await startWorld();

    expect(await world.run("config", "validate")).toMatchObject({
      code: 0,
      stdout: containing("is valid"),
    });
    await editConfig(world, (text) => text.replace("orgUrl", "orgurl").replace("TEST_BW_SECRET", "NO_SUCH_ONE"));
    const wrong = await world.run("config", "validate");
    const missing = await runCli(["sync", "--json"], { cwd: world.folder.replace(/[^/]*$/, "") });

    expect(wrong).toMatchObject({ code: 2, stderr: matching(/did you mean `orgUrl`/) });
    expect([missing.code, JSON.parse(missing.stdout)]).toMatchObject([2, { error: { code: "CONFIG_INVALID" } }]);
  });
});

describe("help and configuration", { timeout: SLOWLY_MS }, () => {
  test("every command has a page with an example, and the overview names them all", async () => {
    const overview = await runCli(["help"]);
    const names = [...overview.stdout.matchAll(/^ {2}([a-z][a-z-]*(?: [a-z]+)?) /gm)].map((match) => match[1] ?? "");

    expect(overview.code).toBe(0);
    expect(names).toEqual(expect.arrayContaining(["serve", "held approve", "config schema"]));
    for (const name of names.filter((one) => one !== "help")) {
      const page = await runCli(["help", ...name.split(" ")]);
      expect(page.stdout).toMatch(/^Usage: bwbridge [^]*Example:\n {2}bwbridge /);
    }
    expect(await runCli(["help", "synk"])).toMatchObject({ code: 2, stderr: containing("bwbridge sync") });
    expect((await runCli(["sync", "--help"])).stdout).toContain("--full");
    expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: matching(/^\d+\.\d+\.\d+\n$/) });
  });

  test("config show prints a configuration that can be read again, and no secret", async () => {
    await using world = await startWorld();

    const shown = await world.run("config", "show");
    await editConfig(world, () => shown.stdout);
    const again = await world.run("config", "show");

    expect(again.stdout).toBe(shown.stdout);
    expect(shown.stdout).not.toContain(world.env["TEST_BW_SECRET"]);
    expect(JSON.parse((await world.run("config", "schema")).stdout)).toMatchObject({ type: "object" });
  });
});

function fingerprint(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
