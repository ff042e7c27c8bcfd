import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrations.ts";
import { startBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta } from "../fakes/okta/server.ts";
import { differences, twice } from "./compare.ts";
import { atMost, jsonLine } from "./report.ts";
import { missingEvents, storeFaults } from "./rows.ts";
import { Truth } from "./truth.ts";
import { Watch } from "./watch.ts";

/** Each oracle must be able to fail: here it is shown what it must find. */
async function scene() {
  const okta = await startOkta({ users: 3, groups: 1, activeOnly: true });
  const bitwarden = await startBitwarden();
  const stack = new AsyncDisposableStack();
  stack.use(okta);
  stack.use(bitwarden);
  const truth = new Truth(okta);
  const watch = new Watch(bitwarden);
  const people = [...okta.state.users.values()];
  for (const { id, profile } of people) bitwarden.admin.addMember({ email: profile.email, externalId: id });
  for (const { id, profile } of okta.state.groups.values()) {
    const members = okta.state.members.usersOf(id).map((user) => okta.state.users.get(user)?.profile.email ?? "");
    const group = bitwarden.admin.addGroup({ name: profile.name, externalId: id });
    bitwarden.admin.setGroupMembers(
      group.id,
      members.map((email) => bitwarden.admin.member(email).id),
    );
  }
  const [person] = people;
  if (!person) throw new Error("nobody works here");
  const name = person.profile.email;
  return { okta, bitwarden, truth, watch, person, name, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("equal sides differ nowhere and nothing is unexplained", async () => {
  await using all = await scene();

  expect(differences(all.okta, all.bitwarden)).toEqual([]);
  expect(twice(all.bitwarden)).toEqual([]);
  expect(all.watch.unexplained(all.truth)).toEqual([]);
});

test("a revocation without any cause in the directory's history is found, and one with a cause is not", async () => {
  await using all = await scene();
  all.bitwarden.admin.revokeMember(all.name);
  expect(all.watch.unexplained(all.truth)).toEqual([expect.stringContaining(all.person.id)]);

  await using other = await scene();
  other.okta.admin.suspend(other.person.id);
  other.truth.look();
  other.bitwarden.admin.revokeMember(other.name);
  expect(other.watch.unexplained(other.truth)).toEqual([]);
});

test("one suspension explains one revocation, not a second one after a restoration", async () => {
  await using all = await scene();
  all.okta.admin.suspend(all.person.id);
  all.truth.look();
  all.bitwarden.admin.revokeMember(all.name);
  all.okta.admin.unsuspend(all.person.id);
  all.truth.look();
  all.bitwarden.admin.restoreMember(all.name);
  expect(all.watch.unexplained(all.truth)).toEqual([]);

  all.bitwarden.admin.revokeMember(all.name);

  expect(all.watch.unexplained(all.truth)).toEqual([expect.stringContaining("change 4 of 4")]);
});

test("a removed member, lost memberships, a wrong name and a second member are found", async () => {
  await using all = await scene();
  const [group] = all.bitwarden.state.groups.values();
  if (!group) throw new Error("no group");
  const { size } = all.bitwarden.state.groupMembers.get(group.id) ?? { size: 0 };
  all.bitwarden.admin.setGroupMembers(group.id, []);
  all.bitwarden.admin.editGroup(group.id, { name: "Other" });
  expect(size).toBeGreaterThan(0);
  expect(all.watch.unexplained(all.truth)).toHaveLength(size);
  expect(differences(all.okta, all.bitwarden)).toHaveLength(size + 1);

  all.bitwarden.admin.deleteMember(all.name);
  expect(all.watch.unexplained(all.truth)).toContain(`member ${all.person.id} was removed from Bitwarden`);

  const { email } = all.okta.state.users.get([...all.okta.state.users.keys()].at(-1) ?? "")?.profile ?? { email: "" };
  all.bitwarden.admin.addMember({ email });
  expect(twice(all.bitwarden)).toEqual([`2 members with the e-mail ${email}`]);
});

test("an event that is not in the inbox and an operation never read back are found", async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), "bwbridge-oracles-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await using store = openDatabase(join(directory, "bridge.db"));
  await migrate(store);
  await store.writer("inbox").insert({ connection: "c", event_id: "one", type: "t", subjects: "", received_at: 1 });
  await store.writer("operations").insert({
    ...{ organization: "acme", kind: "user", key: "u", object: "", type: "member.invite" },
    ...{ data: "{}", label: "ada@example.com", reason: "", evidence: "", state: "done" },
    ...{ due_at: 1, hint: "", hinted_at: 1, created_at: 1 },
  });

  expect(await missingEvents(store, ["one", "two"])).toEqual(["two"]);
  expect(await storeFaults(store)).toEqual(["operation 1 (ada@example.com) is done and was never read back"]);
});

test("a report for machines is one line with name, ok, metrics and budgets", () => {
  const report = {
    ...{ name: "crash", ok: false, metrics: { rounds: 3 }, budgets: { recoveryP95Ms: atMost(5_000, 6_000) } },
    ...{ failures: ["round 3: lost"], replay: "npm run faults -- crash --seed 1", directory: "/tmp/x", log: [] },
  };

  expect(JSON.parse(jsonLine(report))).toEqual({
    ...{ name: "crash", ok: false, metrics: { rounds: 3 } },
    budgets: { recoveryP95Ms: { actual: 6_000, limit: 5_000, rule: "at most", ok: false } },
    ...{ failures: ["round 3: lost"], replay: "npm run faults -- crash --seed 1" },
  });
});
