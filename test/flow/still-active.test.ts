import { expect, test } from "vitest";
import { stillActive } from "../../src/store/ledger/still-active.ts";
import { leaverCalls, memberOf, statusOf } from "./look.ts";
import { TwoWorld } from "./two-world.ts";
import { NO_GUARD, OWNER, startWorld, type World } from "./world.ts";

const EVERY_LEAVER = { ...NO_GUARD, members: { max: 0, percent: 0 } };

/** Who has access although the directory let them go, and why, as every place must say it. */
async function list(world: World): Promise<[string, string][]> {
  const report = await world.full();
  const names = report.stillActive.map(({ label, why }): [string, string] => [label, why]);
  const rows = await stillActive(world.app.database.reader, OWNER.organization);
  expect(rows.map(({ label, why }) => [label, why])).toEqual(names);
  return names;
}

function people(world: World): { id: string; email: string }[] {
  return world.okta.dump().users.map(({ id, email }) => ({ id, email: email.toLowerCase() }));
}

test("a rejected revocation stays on the list, and can be approved later by its id", async () => {
  await using world = await startWorld({ organization: { guard: EVERY_LEAVER } });
  await world.full();
  const [first, second, third, fourth] = people(world);
  const leavers = [first, second, third, fourth].flatMap((one) => one ?? []);
  for (const { id } of leavers) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  const held = await world.held();
  const [wanted, ...others] = held;
  await world.reject(held.map(({ id }) => id));

  expect((await list(world)).map(([, why]) => why)).toEqual(leavers.map(() => "rejected"));
  await world.approve([wanted?.id ?? 0]);

  expect(leaverCalls(world.bitwarden)).toHaveLength(1);
  expect((await list(world)).map(([label]) => label)).toEqual(others.map(({ label }) => label).sort());
});

test("a rejected revocation is not sent by a late approval when the person has come back", async () => {
  await using world = await startWorld({ organization: { guard: EVERY_LEAVER } });
  await world.full();
  const leavers = people(world).slice(0, 4);
  for (const { id } of leavers) world.okta.admin.suspend(id, { silent: true });
  await world.full();
  const held = await world.held();
  await world.reject(held.map(({ id }) => id));
  for (const { id } of leavers) world.okta.admin.unsuspend(id, { silent: true });

  await world.approve(held.map(({ id }) => id));

  expect(leaverCalls(world.bitwarden)).toEqual([]);
  expect(await list(world)).toEqual([]);
});

test("who is protected, reported only, unmanaged, or unknown to every directory is on one list", async () => {
  await using world = await startWorld();
  const [owner, unmanaged, ...rest] = people(world);
  if (!owner || !unmanaged) throw new Error("too few people");
  world.okta.admin.suspend(unmanaged.id, { silent: true });
  world.bitwarden.admin.addMember({ email: unmanaged.email });
  world.bitwarden.admin.addMember({ email: "stranger@example.com", externalId: "cn=of-another-time" });
  await world.restart({ organization: { protected: [owner.email] } });
  await world.full();
  world.okta.admin.suspend(owner.id);
  await world.quiet();

  expect(await list(world)).toEqual(
    [
      [owner.email, "protected-leaver"],
      [unmanaged.email, "unmanaged-leaver"],
      ["stranger@example.com", "unknown-external-id"],
    ].sort(),
  );

  await world.restart({ sync: { leaver: "report" } });
  const [reported] = rest;
  world.okta.admin.suspend(reported?.id ?? "");
  await world.quiet();
  expect(await list(world)).toContainEqual([reported?.email, "leaver-reported"]);
});

test("the list gets empty when an administrator ends what it names by hand", async () => {
  await using world = await startWorld();
  const [owner] = people(world);
  if (!owner) throw new Error("too few people");
  world.bitwarden.admin.addMember({ email: "stranger@example.com", externalId: "cn=of-another-time" });
  await world.restart({ organization: { protected: [owner.email] } });
  await world.full();
  world.okta.admin.suspend(owner.id);
  await world.quiet();
  expect(await list(world)).toHaveLength(2);

  for (const email of [owner.email, "stranger@example.com"]) world.bitwarden.admin.revokeMember(email);

  expect(await list(world)).toEqual([]);
});

test("who was removed by hand and invited again by hand is managed again, and revoked when leaving", async () => {
  await using world = await startWorld();
  await world.full();
  const [ann, bob] = people(world);
  if (!ann || !bob) throw new Error("too few people");
  for (const { email } of [ann, bob]) world.bitwarden.admin.deleteMember(email);
  await world.full();
  expect((await world.notices()).map(({ code }) => code)).toEqual(["removed-by-hand", "removed-by-hand"]);
  world.bitwarden.admin.addMember({ email: ann.email });
  world.bitwarden.admin.addMember({ email: bob.email, externalId: bob.id });

  await world.full();

  expect(await world.notices()).toEqual([]);
  expect(memberOf(world.bitwarden, ann.id)?.email).toBe(ann.email);
  for (const { id } of [ann, bob]) world.okta.admin.suspend(id);
  await world.quiet();
  expect([ann, bob].map(({ id }) => statusOf(world.bitwarden, id))).toEqual([-1, -1]);
});

test("who was put by hand into a group of a directory that does not know them is taken out, also after a restart", async () => {
  await using world = await TwoWorld.start();
  world.person("hq", "ann@example.com", ["Sales"]);
  world.person("lab", "bob@example.com");
  await world.full();
  const { admin, state, faults } = world.bitwarden;
  const sales = [...state.groups.values()].find(({ name }) => name === "Sales")?.id ?? "";
  admin.setGroupMembers(sales, ["ann@example.com", "bob@example.com"]);
  faults.add({ kind: "status", status: 503, match: { method: "PUT" }, times: 1_000 });
  await world.full();
  expect(await world.operations("type = 'membership.remove' AND state = 'ready'")).toHaveLength(1);
  faults.clear();

  await world.restart();
  const asked = (): number => world.okta.hq.history.length + world.okta.lab.history.length;
  const before = asked();
  await world.tamper("UPDATE operations SET due_at = 0 WHERE state = 'ready'");
  for (const organization of world.app.organizations) organization.ring();

  await expect.poll(() => world.groupsOf("bob@example.com"), { timeout: 5_000 }).toEqual([]);
  expect(asked() - before).toBeLessThan(10);
});
