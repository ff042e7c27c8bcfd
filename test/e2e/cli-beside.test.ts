import { describe, expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { lockStore } from "../../src/store/lock.ts";
import { openRequests } from "../../src/store/requests.ts";
import { runCli } from "./bridge-process.ts";
import { containing, startWorld, until } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;

describe("beside a running service", { timeout: SLOWLY_MS }, () => {
  test("sync is done by the service, which is named", async () => {
    await using world = await startWorld();
    await using bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    world.okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina.new@example.com" });

    const { code, answer } = await world.json("sync", "--full");

    expect(code).toBe(0);
    expect(answer["carriedOutBy"]).toContain(`bwbridge serve (pid ${String(bridge.pid)}`);
    expect(world.managed()).toHaveLength(13);
    expect((await world.run("status")).stdout).toContain(`pid ${String(bridge.pid)}`);
  });

  test("held approve lets one operation go, then all of them", async () => {
    await using world = await startWorld({ firstRun: "hold" });
    await using bridge = await world.serve();
    expect((await world.run("sync")).code).toBe(3);
    const { answer } = await world.json("held");
    const invitation = (answer["held"] as { id: number; type: string; label: string }[]).find(
      ({ type }) => type === "member.invite",
    );

    const one = await world.run("held", "approve", String(invitation?.id));
    await until("one is invited", () => world.managed().length === 1);

    expect(one).toMatchObject({ code: 0, stdout: containing("The service reads each of them once more") });
    expect(world.managed()[0]?.email).toBe(invitation?.label);

    await world.run("held", "approve", "--all");
    await until("everybody is invited", () => world.managed().length === 12);
    expect(bridge.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("stop keeps what hooks say, start works it off", async () => {
    await using world = await startWorld();
    await using bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    await world.hook(bridge);
    await world.run("stop");
    const leaver = [...world.okta.state.users.values()][2];
    world.okta.admin.deactivate(leaver?.id ?? "");
    await world.okta.hooks.idle();

    const stopped = await world.json("status");
    expect(stopped.answer).toMatchObject({ health: { connections: [{ started: false, waiting: 1 }] } });
    expect(world.managed().filter(({ status }) => status === -1)).toEqual([]);

    await world.run("start", "okta-main");
    await until("the leaver is revoked", () => world.managed().some(({ status }) => status === -1));
  });

  test("hooks send arrives, is believed and read; a wrong secret is explained", async () => {
    await using world = await startWorld();
    await using bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    const person = [...world.okta.state.users.values()][0];
    const to = ["--url", bridge.hooks];

    const sent = await world.run("hooks", "send", "okta-main", "--user", person?.id ?? "", ...to);
    const verified = await world.json("hooks", "send", "okta-main", "--verify", ...to);
    world.env["TEST_HOOK_SECRET"] = "another-secret";
    const refused = await world.run("hooks", "send", "okta-main", ...to);

    expect(sent).toMatchObject({ code: 0, stdout: containing(": 204 in") });
    await until("the hint is resolved", () => bridge.logs.some(({ msg }) => msg === "hint"));
    expect(verified).toMatchObject({ code: 0, answer: { verified: true, status: 200 } });
    expect(refused).toMatchObject({ code: 1, stdout: containing("The secret was refused") });
    expect(await world.run("hooks", "send", "okta-main", "--url", "http://example.com")).toMatchObject({ code: 2 });
  });

  test("journal --follow prints what happens, as JSON lines, until it is stopped", async () => {
    await using world = await startWorld();
    await using _bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    const stopping = new AbortController();
    let output = "";
    const following = runCli(["journal", "--follow", "--json", "--limit", "1", "--config", world.config], {
      env: world.env,
      signal: stopping.signal,
      onOutput: (stdout) => (output = stdout),
    });
    await until("it follows", () => output !== "");
    world.okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina.new@example.com" });
    await world.run("sync", "--full");
    await until("the end is told", () => output.split("\n").some((line) => /read back.*nina.new/.test(line)));
    stopping.abort();

    const { code, stdout } = await following;

    expect(code).toBe(0);
    const steps = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { step: string });
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(["planned", "sent"]));
  });

  test("a command that waits for another process does the work itself when that one ends", async () => {
    await using world = await startWorld();
    await world.run("sync");
    world.okta.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina.new@example.com" });
    const owner = await lockStore(world.store, "a long maintenance");
    const syncing = world.json("sync", "--full");
    await using database = openDatabase(world.store);
    await until("the request is there", async () => (await openRequests(database.reader)).length > 0);

    await owner[Symbol.asyncDispose]();

    expect(await syncing).toMatchObject({ code: 0, answer: { carriedOutBy: null } });
    expect(world.managed()).toHaveLength(13);
  });
});
