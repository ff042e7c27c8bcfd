import { expect, test } from "vitest";
import { isConfirmedOwner, type Member } from "../../src/domain/bitwarden.ts";
import { loadLedgerUsers } from "../../src/store/ledger/ledger.ts";
import { deliverMembers } from "../../src/sync/deliver/members.ts";
import { organizationOf, persist, person, plan, rested } from "./deliver.ts";
import { groupsOf, memberOf, statusOf } from "./look.ts";
import { keyOf, OWNER } from "./world.ts";

const REVOKE = { method: "POST", path: /\/revoke$/ };
const MEMBERS = { method: "GET", path: "/public/members" };
const MEMBER = { method: "GET", path: /\/public\/members\/[0-9a-f-]+$/ };
const FOREVER = 10_000;

test("one empty 404 proves nothing: neither on the revocation, nor when it is read back", async () => {
  await using world = await rested();
  const [first, second] = [person(world, 0), person(world, 1)];
  world.bitwarden.faults.add({ kind: "answer", status: 404, match: REVOKE });
  world.okta.admin.suspend(first);
  await persist(world);
  expect(statusOf(world.bitwarden, first)).toBe(-1);

  world.bitwarden.faults.add({ kind: "answer", status: 404, match: MEMBER, skip: 1 });
  world.okta.admin.suspend(second);
  await persist(world);
  expect(statusOf(world.bitwarden, second)).toBe(-1);
  expect((await loadLedgerUsers(world.app.database.reader, OWNER.organization)).get(keyOf(second))?.revokedByUs).toBe(
    true,
  );
});

const LIES: [string, (members: Member[]) => Member[]][] = [
  ["an empty list", () => []],
  ["only the owner", (members) => members.filter(isConfirmedOwner)],
  ["everybody but the owner", (members) => members.filter((member) => !isConfirmedOwner(member))],
  ["a third", (members) => members.filter((member, at) => isConfirmedOwner(member) || at % 3 === 0)],
  ["two thirds", (members) => members.filter((member, at) => isConfirmedOwner(member) || at % 3 !== 0)],
];

for (const [lie, shownOf] of LIES) {
  test(`${lie} read back after revocations is not believed; nobody is forgotten`, async () => {
    await using world = await rested({ okta: { users: 20, groups: 0 } });
    const people = Array.from({ length: 10 }, (_, at) => person(world, at));
    const organization = organizationOf(world);
    const data = shownOf(await organization.bitwarden.listMembers("normal"));
    await plan(world, "member.revoke", people);
    world.bitwarden.faults.add({ kind: "answer", json: { object: "list", data }, match: MEMBERS, times: FOREVER });
    await deliverMembers(organization, await world.operations("state = 'ready'"));

    const open = await world.operations("open = 1");
    expect(open.length).toBe(10);
    expect(open.filter((row) => row.sentAt !== null && row.error?.includes("not believed")).length).toBe(10);
    expect((await loadLedgerUsers(world.app.database.reader, OWNER.organization)).size).toBe(20);

    world.bitwarden.faults.clear();
    await persist(world);
    const ledger = await loadLedgerUsers(world.app.database.reader, OWNER.organization);
    expect(people.map((id) => statusOf(world.bitwarden, id))).toEqual(people.map(() => -1));
    expect(people.map((id) => ledger.get(keyOf(id))?.revokedByUs)).toEqual(people.map(() => true));
  });
}

test("many who were deleted by hand are believed when each of them is gone when asked for", async () => {
  await using world = await rested({ okta: { users: 30, groups: 0 } });
  const people = Array.from({ length: 12 }, (_, at) => person(world, at));
  for (const id of people) world.bitwarden.admin.deleteMember(memberOf(world.bitwarden, id)?.email ?? "");
  await plan(world, "member.remove", people);
  await deliverMembers(organizationOf(world), await world.operations("state = 'ready'"));

  expect(await world.operations("open = 1")).toEqual([]);
  const journal: unknown = await world.app.database.reader.raw("SELECT data FROM journal WHERE step = 'read back'");
  expect(JSON.stringify(journal)).toContain("already gone");
});

test("an empty 404 for a group's members withdraws no removal", async () => {
  await using world = await rested();
  const group = world.okta.admin.createGroup("Losing");
  const id = person(world);
  world.okta.admin.addToGroup(id, group);
  await persist(world);
  expect(groupsOf(world.bitwarden, id)).toContain("Losing");
  const match = { method: "GET", path: /\/group-ids$/ };
  world.bitwarden.faults.add({ kind: "answer", status: 404, match, skip: 1 });
  world.okta.admin.removeFromGroup(id, group);
  await persist(world);
  expect(groupsOf(world.bitwarden, id)).not.toContain("Losing");
});
