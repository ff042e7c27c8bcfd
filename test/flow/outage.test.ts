import { expect, test } from "vitest";
import { REVOKED } from "../fakes/bitwarden/model.ts";
import { blockedHints } from "../../src/store/hints/hint-depth.ts";
import { leaverCalls, statusOf } from "./look.ts";
import { startWorld } from "./world.ts";

/** Each attempt asks for the person and for their groups; few attempts fit into the pauses between them. */
const MAX_REQUESTS = 30;
/** Three who fail, and those who were asked at the same time. */
const MAX_PEOPLE = 10;

test("a directory that is down is left alone for a while, however many hooks arrive, and asked again by itself", async () => {
  await using world = await startWorld();
  await world.full();
  const { okta, bitwarden } = world;
  const [leaver = ""] = okta.state.users.keys();
  const before = okta.history.length;

  okta.faults.add({ kind: "reset", match: "/api/v1/users/", times: Number.POSITIVE_INFINITY });
  okta.admin.deactivate(leaver);
  for (let n = 0; n < 60; n++) {
    okta.admin.updateProfile(leaver, { title: `Title ${String(n)}` });
    await okta.hooks.idle();
  }
  const asked = okta.history.slice(before).filter(({ path }) => path.startsWith("/api/v1/users/"));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(MAX_REQUESTS);

  okta.faults.clear();
  const status = () => bitwarden.state.membersByExternalId.first(leaver)?.status;
  await expect.poll(status, { timeout: 20_000 }).toBe(REVOKED);
});

const FOR_EVER = Number.POSITIVE_INFINITY;

test("one person who cannot be read stops nobody else, and is named", async () => {
  await using world = await startWorld({ okta: { users: 30, groups: 1 } });
  await world.full();
  const { okta, bitwarden } = world;
  const [poison = "", ...leavers] = okta.state.users.keys();
  okta.faults.add({ kind: "status", status: 500, match: `/api/v1/users/${poison}`, times: FOR_EVER });
  okta.admin.suspend(poison);
  for (const id of leavers) okta.admin.suspend(id);

  const left = () => leavers.filter((id) => statusOf(bitwarden, id) !== REVOKED).length;
  await expect.poll(left, { timeout: 10_000 }).toBe(0);

  expect(statusOf(bitwarden, poison)).not.toBe(REVOKED);
  expect(await blockedHints(world.app.database.reader, "okta-main")).toMatchObject([{ kind: "user", key: poison }]);
  okta.faults.clear();
  await world.hurry();
  expect(statusOf(bitwarden, poison)).toBe(REVOKED);
});

test("three people who can never be read do not stop the others either", async () => {
  await using world = await startWorld({ okta: { users: 12, groups: 0 } });
  await world.full();
  const { okta, bitwarden } = world;
  const [first = "", second = "", third = "", ...leavers] = okta.state.users.keys();
  for (const id of [first, second, third]) {
    okta.faults.add({ kind: "status", status: 500, match: `/api/v1/users/${id}`, times: FOR_EVER });
    okta.admin.suspend(id);
  }
  for (const id of leavers) okta.admin.suspend(id);
  const left = () => leavers.filter((id) => statusOf(bitwarden, id) !== REVOKED).length;
  await expect.poll(left, { timeout: 15_000 }).toBe(0);
});

test("a directory that is down is not asked for everybody whom a snapshot wants to read", async () => {
  await using world = await startWorld({ okta: { users: 60, groups: 0 } });
  await world.full();
  const { okta } = world;
  for (const id of [...okta.state.users.keys()].slice(0, 50)) okta.admin.suspend(id, { silent: true });
  okta.faults.add({ kind: "reset", match: "/api/v1/users/00u", times: FOR_EVER });
  const before = okta.history.length;

  const report = await world.full();

  const asked = new Set(okta.history.slice(before).flatMap(({ path }) => /users\/(00u\w+)/.exec(path)?.[1] ?? []));
  expect(asked.size).toBeGreaterThan(0);
  expect(asked.size).toBeLessThanOrEqual(MAX_PEOPLE);
  expect(report?.failure).toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  expect(report?.failure?.message).toContain("50 of 50 direct reads failed");
  expect(leaverCalls(world.bitwarden)).toEqual([]);

  okta.faults.clear();
  await world.hurry();
  await expect.poll(() => leaverCalls(world.bitwarden).length, { timeout: 20_000 }).toBe(50);
});
