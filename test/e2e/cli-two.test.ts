import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { oktaConnection } from "../support/config.ts";
import { containing, startWorld, type CliWorld } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;
const BOB = "bob@lab.example";

/** A second connection, `lab`, feeds the same organization. */
async function addLab(world: CliWorld): Promise<OktaEmulator> {
  const lab = await startOkta({ users: 0, groups: 0, seed: 2 });
  lab.admin.createUser({ firstName: "Bob", lastName: "Lab", email: BOB });
  await editConnections(world, (connections) => [...connections, oktaConnection(lab, { name: "lab" })]);
  return lab;
}

async function editConnections(world: CliWorld, edit: (connections: object[]) => object[]): Promise<void> {
  const file = JSON.parse(await readFile(world.config, "utf8")) as { connections: object[] };
  await writeFile(world.config, JSON.stringify({ ...file, connections: edit(file.connections) }));
}

function accessOf(world: CliWorld, email: string): boolean {
  return world.managed().some((member) => member.email === email && member.status !== -1);
}

describe("two connections of one organization", { timeout: SLOWLY_MS }, () => {
  test("sync, plan and status name both connections and the one organization", async () => {
    await using world = await startWorld();
    await using _lab = await addLab(world);

    expect(await world.json("plan")).toMatchObject({
      code: 0,
      answer: { organizations: [{ organization: "acme", connections: ["okta-main", "lab"], failure: null }] },
    });
    expect(await world.json("sync")).toMatchObject({
      code: 0,
      answer: {
        connections: [
          { connection: "okta-main", organization: "acme", failure: null },
          { connection: "lab", organization: "acme", failure: null },
        ],
        organizations: [{ organization: "acme", failure: null, open: [], stillActive: [] }],
      },
    });
    expect(await world.json("sync", "lab")).toMatchObject({
      code: 0,
      answer: { connections: [{ connection: "lab" }] },
    });
    expect(await world.json("status")).toMatchObject({
      code: 0,
      answer: {
        health: { state: "well" },
        organizations: [{ organization: "acme", operations: [], troubled: [], stillActive: [], notices: [] }],
        connections: [{ connection: "okta-main" }, { connection: "lab" }],
      },
    });
    expect((await world.run("sync")).stdout).toMatch(/okta-main → acme[^]*lab → acme[^]*Bitwarden is in step/);
    expect(await world.run("stop")).toMatchObject({ code: 2, stderr: containing("okta-main, lab") });
  });

  test("4: one directory is down; what the other one changed is done and told", async () => {
    await using world = await startWorld();
    await using lab = await addLab(world);
    await world.run("sync");
    await world.okta.stop();
    lab.admin.createUser({ firstName: "Nina", lastName: "New", email: "nina@lab.example" });

    const changes = await world.json("sync");

    expect(changes).toMatchObject({
      code: 4,
      answer: {
        connections: [{ failure: { code: "DIRECTORY_UNREACHABLE" } }, { failure: null }],
        organizations: [{ failure: null, open: [] }],
      },
    });
    expect(accessOf(world, "nina@lab.example")).toBe(true);
    const full = await world.run("sync", "--full");
    expect(full.code).toBe(4);
    expect(full.stdout).toContain("problem");
    expect(full.stdout).not.toContain("in step");
    expect((await world.run("status")).stdout).toMatch(/State: degraded[^]*okta-main: /);
  });

  test("3: a connection that is gone from the configuration leaves names, never 'in step'", async () => {
    await using world = await startWorld();
    await using _lab = await addLab(world);
    await world.run("sync");
    await editConnections(world, (connections) => connections.slice(0, 1));

    const synced = await world.run("sync", "--full");

    expect(synced).toMatchObject({ code: 3, stdout: containing(`${BOB} (unclaimed)`) });
    expect(synced.stdout).not.toContain("in step");
    expect((await world.run("plan")).stdout).not.toContain("in step");
    expect((await world.run("status")).stdout).toMatch(/State: degraded[^]*still gives access/);
    expect(accessOf(world, BOB)).toBe(true);
    expect(await world.json("held", "--rejected")).toMatchObject({
      code: 3,
      answer: { rejected: [], stillActive: [{ label: BOB, why: "unclaimed" }] },
    });
    expect((await world.run("held", "--rejected")).stdout).toContain(BOB);
  });

  test("a first plan without one directory says that it still waits", async () => {
    await using world = await startWorld({ firstRun: "hold" });
    await using lab = await addLab(world);
    lab.faults.add({ kind: "status", status: 503, times: Number.POSITIVE_INFINITY });
    expect((await world.run("sync")).code).toBe(4);

    const approved = await world.run("held", "approve", "--all");
    expect(approved.stdout).toContain("The first plan still waits: lab was never read completely");
    expect(approved.stdout).not.toContain("With it the first plan");
    lab.faults.clear();
    expect((await world.run("sync")).code).toBe(3);
    expect(accessOf(world, BOB)).toBe(false);

    expect((await world.run("held", "approve", "--all")).stdout).toContain(
      "With it the first plan of acme is approved",
    );
    expect(accessOf(world, BOB)).toBe(true);
  });
});

describe("who still has access", { timeout: SLOWLY_MS }, () => {
  test("3: a rejected revocation is in sync, status and held --rejected, and goes through when approved by id", async () => {
    await using world = await startWorld();
    await world.run("sync");
    const leavers = [...world.okta.state.users.values()].slice(0, 4);
    for (const { id } of leavers) world.okta.admin.suspend(id);
    expect((await world.run("sync", "--full")).code).toBe(3);
    expect((await world.run("held", "reject", "--all")).code).toBe(0);

    const synced = await world.run("sync", "--full");
    expect(synced).toMatchObject({ code: 3, stdout: containing("(rejected)") });
    expect(synced.stdout).not.toContain("in step");
    expect((await world.run("status")).stdout).toMatch(/State: degraded[^]*\(rejected\)/);
    const { answer } = await world.json("held", "--rejected");
    const rejected = answer["rejected"] as { id: number; type: string; label: string }[];
    expect(rejected.map(({ type }) => type)).toEqual(leavers.map(() => "member.revoke"));

    const [first] = rejected;
    expect((await world.run("held", "approve", String(first?.id))).code).toBe(0);
    expect(accessOf(world, first?.label ?? "")).toBe(false);
    expect((await world.json("held", "--rejected")).answer["rejected"]).toHaveLength(3);
  });
});
