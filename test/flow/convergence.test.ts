import fc from "fast-check";
import { expect, test } from "vitest";
import type { OktaEmulator } from "../fakes/okta/server.ts";
import { actual, wanted } from "./look.ts";
import { startWorld, type World } from "./world.ts";

/** One thing that happens; numbers choose whom, modulo how many there are. */
type Step =
  | { do: "join" | "leave" | "return" | "delete" | "addGroup" | "renameGroup" | "deleteGroup"; who: number }
  | { do: "add" | "remove"; who: number; group: number }
  | { do: "reconcile" | "poll" | "wait" | "restart" }
  | { do: "weather"; lossRate: number; doubled: number; latencyMs: number };

const nat = fc.nat({ max: 50 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("join", "leave", "return", "delete"), who: nat }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("add", "remove"), who: nat, group: nat }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("addGroup", "renameGroup", "deleteGroup"), who: nat }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("reconcile", "poll", "wait") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("weather"),
      lossRate: fc.constantFrom(0, 0.5, 1),
      doubled: fc.constantFrom(0, 0.7),
      latencyMs: fc.constantFrom(0, 15, 40),
    }),
  },
);

const RUNS = 50;
const seed = Number(process.env["FLOW_SEED"] ?? Date.now() % 1_000_000);

/** Everybody whom some state of Okta justified to revoke: was suspended, deactivated or deleted at some moment. */
type Leavers = Set<string>;

function pick<T>(items: T[], number: number): T | undefined {
  return items.length === 0 ? undefined : items[number % items.length];
}

function usersOf(okta: OktaEmulator, isActive: boolean): string[] {
  const users = okta.dump().users.filter((user) => user.status !== "DEPROVISIONED");
  return users.filter((user) => (user.status !== "SUSPENDED") === isActive).map((user) => user.id);
}

let names = 0;

function change(okta: OktaEmulator, one: Step, leavers: Leavers): void {
  const { admin } = okta;
  const groups = okta.dump().groups.filter((group) => group.name !== "Everyone");
  if (!("who" in one)) return;
  const active = pick(usersOf(okta, true), one.who);
  names += 1;
  const name = `n${String(names)}`;
  switch (one.do) {
    case "join":
      admin.createUser({ firstName: name, lastName: "X", email: `${name}@example.com` });
      return;
    case "leave":
    case "delete":
      if (active === undefined) return;
      leavers.add(active);
      if (one.do === "leave") admin.suspend(active);
      else admin.deleteUser(active);
      return;
    case "return": {
      const suspended = pick(usersOf(okta, false), one.who);
      if (suspended !== undefined) admin.unsuspend(suspended);
      return;
    }
    case "addGroup":
      admin.createGroup(name);
      return;
    case "renameGroup":
    case "deleteGroup": {
      const group = pick(groups, one.who);
      if (group && one.do === "renameGroup") admin.renameGroup(group.id, name);
      else if (group) admin.deleteGroup(group.id);
      return;
    }
    case "add":
    case "remove": {
      const group = pick(groups, one.group);
      if (!group || active === undefined) return;
      if (one.do === "add") admin.addToGroup(active, group.id);
      else admin.removeFromGroup(active, group.id);
    }
  }
}

async function play(world: World, steps: Step[], leavers: Leavers): Promise<void> {
  for (const one of steps) {
    if (one.do === "weather") {
      // An answer held back after it was made may be stale when it arrives.
      world.okta.setLatency(one.latencyMs);
      const { lossRate, doubled } = one;
      world.okta.hooks.configure({ lossRate, doubled, unordered: true, spreadMs: 30 });
    } else if (one.do === "reconcile") void world.full().catch(() => undefined);
    else if (one.do === "poll") await world.app.sync(null, false);
    else if (one.do === "wait") await world.quiet();
    else change(world.okta, one, leavers);
  }
}

/** Okta ids of everybody whom the bridge ever revoked. */
function revoked(world: World): string[] {
  const externalIds = new Map(
    [...world.bitwarden.state.members.values()].map((member) => [member.id, member.externalId]),
  );
  return world.bitwarden.history
    .of("POST /public/members/{id}/revoke")
    .map((entry) => externalIds.get(entry.path.split("/").at(-2) ?? "") ?? "unknown");
}

test(`whatever happens in Okta, however hooks fail: in the end Bitwarden is Okta (seed ${String(seed)})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await using world = await startWorld({ okta: { users: 6, groups: 2 }, sync: { groupDeletion: "delete" } });
      await world.full();
      const leavers: Leavers = new Set();
      await play(world, steps, leavers);
      await world.quiet();
      await world.full();
      await world.quiet();

      expect(actual(world.bitwarden)).toEqual(wanted(world.okta));
      expect(revoked(world).filter((id) => !leavers.has(id))).toEqual([]);
      const mails = world.bitwarden.state.outbox.map((mail) => mail.to);
      expect(new Set(mails).size).toBe(mails.length);
      expect((await world.full()).operations).toEqual([]);
    }),
    { numRuns: RUNS, seed, interruptAfterTimeLimit: 60_000 },
  );
}, 170_000);
