import { describe, expect, test } from "vitest";
import { startBridge } from "./bridge-process.ts";
import { editConfig, startWorld, until } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;

/** Ready within 2 s is the promise; a loaded test machine gets more, so that only a real regression fails. */
const READY_WITHIN_MS = 6_000;

describe("serve", { timeout: SLOWLY_MS }, () => {
  test("is ready soon, brings Bitwarden in step, and stops in order on SIGTERM", async () => {
    await using world = await startWorld();
    await using bridge = await world.serve();
    tell(`start → ready: ${String(bridge.startMs)} ms`);

    expect(bridge.startMs).toBeLessThan(READY_WITHIN_MS);
    expect((await fetch(`${bridge.hooks}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${bridge.admin}/health`)).json()).toMatchObject({
      connections: [{ name: "okta-main" }],
    });
    expect(await (await fetch(`${bridge.admin}/metrics`)).text()).toContain("bridge");
    await until("everybody is invited", () => world.managed().length === 12);

    expect(await bridge.stop()).toBe(0);
    expect(bridge.logs.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(["starting", "ready", "stopping", "stopped"]),
    );
    await expect(fetch(`${bridge.hooks}/readyz`)).rejects.toThrow();
  });

  test("revokes whom a hook names, and reads it back, within a second when nothing else is to do", async () => {
    await using world = await startWorld();
    await using bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    await world.hook(bridge);
    await until("memberships are there", () => bridge.logs.filter(({ msg }) => msg === "operation").length > 12);
    const leaver = [...world.okta.state.users.values()][3];
    if (leaver === undefined) throw new Error("nobody there");
    const status = (): number | undefined =>
      world.managed().find(({ email }) => email === leaver.profile.email.toLowerCase())?.status;

    const startedAt = performance.now();
    world.okta.admin.deactivate(leaver.id);
    await until("the leaver is revoked", () => status() === -1);
    const revokedMs = performance.now() - startedAt;
    await until("it is read back", () => bridge.logs.some((line) => line["type"] === "member.revoke"));

    const line = bridge.logs.find((one) => one["type"] === "member.revoke");
    tell(
      `deactivated in Okta → revoked in Bitwarden: ${revokedMs.toFixed(0)} ms; hook written down → read back: ${String(line?.["latencyMs"])} ms`,
    );
    expect(line?.["latencyMs"]).toBeLessThan(1_000);
  });

  test("says nothing secret in its log", async () => {
    await using world = await startWorld();
    const bridge = await world.serve();
    await until("everybody is invited", () => world.managed().length === 12);
    await bridge.stop();

    const text = JSON.stringify(bridge.logs);
    for (const secret of [world.env["TEST_BW_SECRET"], world.env["TEST_OKTA_TOKEN"], world.env["TEST_HOOK_SECRET"]]) {
      expect(text).not.toContain(secret);
    }
  });

  test("refuses a store that another process owns, and names that process", async () => {
    await using world = await startWorld();
    await using first = await world.serve();

    const { code, stderr } = await world.run("serve");

    expect(code).toBe(1);
    expect(stderr).toContain(`bwbridge serve (pid ${String(first.pid)}`);
    expect(stderr).not.toContain("    at ");
  });

  test("says which address is taken", async () => {
    await using world = await startWorld();
    await using taken = await world.serve();
    await using other = await startWorld();
    await editConfig(other, (text) => text.replace('"hooks":"127.0.0.1:0"', `"hooks":"${new URL(taken.hooks).host}"`));

    const { code, stderr } = await other.run("serve");

    expect(code).toBe(1);
    expect(stderr).toContain(`already listens on ${new URL(taken.hooks).host} (listen.hooks)`);
  });

  test("does not start without its secrets, and lists all that are missing", async () => {
    await using world = await startWorld();
    await editConfig(world, (text) =>
      text.replace("TEST_BW_SECRET", "NO_SUCH_ONE").replace("TEST_OKTA_TOKEN", "NO_SUCH_TWO"),
    );

    await expect(startBridge({ config: world.config, env: world.env })).rejects.toThrow(
      /ended with 2[^]*NO_SUCH_ONE[^]*NO_SUCH_TWO/,
    );
  });
});

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
