import { expect, test } from "vitest";
import { memberOf, statusOf } from "./look.ts";
import { persist, person, rested } from "./deliver.ts";

const IMPORT = { method: "POST", path: "/public/organization/import" };
const MEMBERS = { method: "GET", path: "/public/members" };

/** Makes what is confirming due, as thirty seconds would. */
const DUE = "UPDATE operations SET due_at = 0 WHERE state = 'confirming'";

test("whoever leaves while nobody knows whether the invitation went out is found and revoked", async () => {
  await using world = await rested();
  const { admin } = world.okta;
  world.bitwarden.faults.add({ kind: "500AfterCommit", status: 504, match: IMPORT });
  const joiner = admin.createUser({ firstName: "L", lastName: "N", email: "late@example.com" });
  await expect.poll(() => statusOf(world.bitwarden, joiner), { timeout: 5_000, interval: 1 }).toBe(0);
  world.bitwarden.faults.add({ kind: "status", status: 503, match: MEMBERS, times: 4 });
  admin.suspend(joiner);
  await persist(world);
  await world.app.database.writer.raw(DUE);
  await persist(world);

  expect(statusOf(world.bitwarden, joiner)).toBe(-1);
  expect(await world.operations("open = 1")).toEqual([]);
});

test("whoever returns while nobody knows whether the removal happened is invited again, without a notice", async () => {
  await using world = await rested({ sync: { leaver: "remove" } });
  const id = person(world);
  const remove = { method: "DELETE", path: /\/public\/members\// };
  world.bitwarden.faults.add({ kind: "resetAfterWork", match: remove });
  world.bitwarden.faults.add({
    kind: "status",
    status: 503,
    match: { method: "GET", path: /members/ },
    skip: 1,
    times: 4,
  });
  world.okta.admin.suspend(id);
  await expect.poll(() => memberOf(world.bitwarden, id), { timeout: 5_000, interval: 1 }).toBeUndefined();
  world.okta.admin.unsuspend(id);
  await persist(world);
  await world.app.database.writer.raw(DUE);
  await persist(world);

  expect(statusOf(world.bitwarden, id)).toBe(0);
  expect(await world.notices()).toEqual([]);
});
