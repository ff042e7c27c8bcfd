import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { REVOKED } from "../fakes/bitwarden/model.ts";
import { person, rested } from "./deliver.ts";
import { statusOf } from "./look.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const REVOKE = { method: "POST", path: /\/revoke$/ };

const realNow = Date.now;
let setBy = 0;

beforeEach(() => {
  setBy = 0;
  // Before anything starts, since the bridge keeps the function.
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + setBy);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([-DAY_MS, DAY_MS])(
  "after the clock was set by %i ms a leaver loses access at once",
  async (byMs) => {
    await using world = await rested();
    const id = person(world);

    setBy = byMs;
    world.okta.admin.suspend(id);

    await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 20_000 }).toBe(REVOKED);
  },
  40_000,
);

test("a revocation that waits for its next attempt does not wait a day longer because the clock was set back", async () => {
  await using world = await rested();
  const id = person(world);
  world.bitwarden.faults.add({ kind: "status", status: 500, match: REVOKE, times: 1 });
  world.okta.admin.suspend(id);
  await expect.poll(async () => (await world.operations("state = 'ready' AND attempts = 1")).length).toBe(1);

  setBy = -DAY_MS;

  await expect.poll(() => statusOf(world.bitwarden, id), { timeout: 50_000 }).toBe(REVOKED);
}, 60_000);
