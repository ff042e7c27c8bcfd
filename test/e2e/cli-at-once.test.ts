import { describe, expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { addRequest, readRequest } from "../../src/store/requests.ts";
import { listHeld } from "../../src/store/operations/held.ts";
import { startWorld, until, type CliWorld } from "./cli-world.ts";

/** Each command is a process of its own; with others at work on the machine each takes a second or two. */
const SLOWLY_MS = 90_000;
/** From the row that a command writes to its answer. */
const AT_ONCE_MS = 1_000;

/** What a command beside the owner of the store does: asks with a row and waits for the answer in it. */
async function answerTo(world: CliWorld, args: { command: string } & Record<string, unknown>): Promise<number> {
  await using database = openDatabase(world.store);
  const askedAt = performance.now();
  const id = await addRequest(database.writer, args.command, args, Date.now());
  await until(`${args.command} is answered`, async () => {
    const row = await readRequest(database.reader, id);
    expect(row?.state).not.toBe("failed");
    return row?.state === "done";
  });
  return performance.now() - askedAt;
}

async function heldIds(world: CliWorld): Promise<number[]> {
  await using database = openDatabase(world.store);
  return (await listHeld(database.reader, "acme")).map(({ id }) => id);
}

function writes(world: CliWorld): number {
  return world.bitwarden.history.writes().length;
}

/** A sync that takes minutes: every group has another name in Bitwarden, and every call takes most of a second. */
async function startLongSync(world: CliWorld): Promise<{ done: ReturnType<CliWorld["run"]>; before: number }> {
  for (const group of world.bitwarden.state.groups.values()) {
    world.bitwarden.admin.editGroup(group.id, { name: `${group.name} by hand` });
  }
  world.bitwarden.faults.slow({ latencyMs: 400 });
  const before = writes(world);
  const done = world.run("sync", "--full");
  await until("it writes", () => writes(world) > before);
  return { done, before };
}

/** Somebody whose revocation is held: three of twelve are too many for the guard. */
async function holdLeavers(world: CliWorld): Promise<void> {
  for (const { id } of [...world.okta.state.users.values()].slice(0, 4)) {
    world.okta.admin.suspend(id, { silent: true });
  }
  await world.run("sync", "--full");
}

describe("while a long sync runs", { timeout: SLOWLY_MS }, () => {
  test.each([["a service", true] as const, ["the command itself", false] as const])(
    "carried out by %s, approve and stop are answered within a second, and stop ends it",
    async (_who, serves) => {
      await using world = await startWorld({ groups: 24 });
      await world.run("sync");
      await holdLeavers(world);
      const ids = await heldIds(world);
      expect(ids).toHaveLength(4);
      await using _bridge = serves ? await world.serve() : null;
      const { done, before } = await startLongSync(world);

      const approvedMs = await answerTo(world, { command: "approve", ids, by: "alice", plans: [] });
      await until("the approved are revoked", () => world.managed().filter(({ status }) => status === -1).length === 4);
      const whenRevoked = writes(world);
      const stoppedMs = await answerTo(world, { command: "stop", connections: ["okta-main"] });
      const { stdout } = await done;

      expect(approvedMs).toBeLessThan(AT_ONCE_MS);
      expect(stoppedMs).toBeLessThan(AT_ONCE_MS);
      expect(whenRevoked - before).toBeLessThan(24);
      expect(writes(world) - whenRevoked).toBeLessThan(5);
      expect(stdout).not.toContain("in step");
      expect((await world.run("status")).stdout).toContain("stopped");
    },
  );
});
