import { expect, test } from "vitest";
import type { HistoryEntry } from "../../../fakes/bitwarden/history.ts";
import { startBitwarden } from "../../../fakes/bitwarden/server.ts";
import { startOkta } from "../../../fakes/okta/server.ts";
import { differences } from "./compare.ts";
import { Lag } from "../world/lag.ts";
import { Scene } from "../scene.ts";
import { drawSetting } from "../setting.ts";

/** Each oracle must be able to accuse, and to stay silent: here nobody else is at work. */
async function stage() {
  const stack = new AsyncDisposableStack();
  const okta = stack.use(await startOkta({ users: 4, groups: 1, activeOnly: true }));
  const bitwarden = stack.use(await startBitwarden({ hosted: "self" }));
  const lag = stack.use(new Lag(() => null));
  const source = { name: "okta-main", okta, authoritative: false, included: null };
  const setting = { ...drawSetting(1, { theme: "calm" }), silent: 0 };
  const scene = new Scene({ setting, sources: [source], bitwarden, urlOf: () => null, secret: "", lag });
  for (const { id, profile } of okta.state.users.values())
    bitwarden.admin.addMember({ email: profile.email, externalId: id });
  for (const { id, profile } of okta.state.groups.values()) {
    const emails = okta.state.members.usersOf(id).map((user) => okta.state.users.get(user)?.profile.email ?? "");
    bitwarden.admin.addGroup({ name: profile.name, externalId: id, members: emails });
  }
  const [person] = okta.state.users.values();
  if (!person) throw new Error("nobody works here");
  const { email } = person.profile;
  const member = bitwarden.admin.member(email);
  const parts = { ...pick(scene), deletesGroups: true };
  return {
    ...{ okta, bitwarden, source, scene, person: person.id, email, memberId: member.id },
    /** What the emulator does when a request arrives. */
    arrives(route: string, id: string, body: unknown = null): void {
      const [method = "", template = ""] = route.split(" ");
      const path = `/api${template.replace("{id}", id)}`;
      const entry: HistoryEntry = {
        ...{ n: 1, at: performance.now() + 60_000, method, path, route },
        ...{ status: 0, body, bodyBytes: 0 },
      };
      bitwarden.history.onArrival?.(entry);
    },
    kinds: () => scene.judge.accusations.map(({ kind }) => kind),
    different: (owed?: (name: string) => boolean) => differences(parts, owed).map(({ text }) => text),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function pick({ sources, bitwarden, people, truth, hands }: Scene) {
  return { sources, bitwarden, people, truth, hands };
}

const REVOKE = "POST /public/members/{id}/revoke";
const MEMBER_GROUPS = "PUT /public/members/{id}/group-ids";
const GROUP_MEMBERS = "PUT /public/groups/{id}/member-ids";
const IMPORT = "POST /public/organization/import";

test("who never left may not be revoked, who left may", async () => {
  await using all = await stage();
  all.arrives(REVOKE, all.memberId);
  expect(all.kinds()).toEqual(["unjustified removal"]);

  await using other = await stage();
  other.scene.change(other.source, "suspends", [other.person], (options) =>
    other.okta.admin.suspend(other.person, options),
  );
  other.arrives(REVOKE, other.memberId);
  other.arrives("DELETE /public/members/{id}", other.memberId);
  expect(other.kinds()).toEqual([]);
});

test("who is back may be revoked until the bridge could know of it", async () => {
  await using all = await stage();
  const { okta, source, person, scene, memberId } = all;
  scene.change(source, "suspends", [person], (options) => okta.admin.suspend(person, options));
  scene.change(source, "unsuspends", [person], (options) => okta.admin.unsuspend(person, options));
  all.arrives(REVOKE, memberId);
  expect(all.kinds()).toEqual([]);

  scene.knowledge.acknowledged([`okta-main/user/${person}`], performance.now());
  all.arrives(REVOKE, memberId);
  expect(all.kinds()).toEqual(["unjustified removal"]);
});

test.for([
  { by: MEMBER_GROUPS, body: { groupIds: [] } },
  { by: GROUP_MEMBERS, body: { memberIds: [] } },
  { by: GROUP_MEMBERS, body: {} },
  { by: IMPORT, body: { members: [], groups: [], overwriteExisting: true } },
])("$by with $body takes away what the directory gives", async ({ by, body }) => {
  await using all = await stage();
  const [group] = all.bitwarden.state.groups.values();
  all.bitwarden.state.setGroupMembers(group?.id ?? "", [all.memberId]);
  all.scene.change(all.source, "adds", [all.person], (options) =>
    all.okta.admin.addToGroup(all.person, group?.externalId ?? "", options),
  );
  all.scene.knowledge.acknowledged([`okta-main/user/${all.person}`], performance.now());

  all.arrives(by, by === MEMBER_GROUPS ? all.memberId : (group?.id ?? ""), body);

  expect(all.kinds()).toContain("unjustified removal");
});

test("a list that keeps everybody takes nothing", async () => {
  await using all = await stage();
  const [group] = all.bitwarden.state.groups.values();
  const memberIds = [...(all.bitwarden.state.groupMembers.get(group?.id ?? "") ?? [])];

  all.arrives(GROUP_MEMBERS, group?.id ?? "", { memberIds });

  expect(all.kinds()).toEqual([]);
});

test("outsiders in a managed group, and groups of nobody, are left alone", async () => {
  await using all = await stage();
  const [group] = all.bitwarden.state.groups.values();
  const outsider = all.bitwarden.admin.addMember({ email: "auditor@partner.example" });
  const members = [...(all.bitwarden.state.groupMembers.get(group?.id ?? "") ?? [])];
  all.bitwarden.state.setGroupMembers(group?.id ?? "", [...members, outsider.id]);
  all.arrives(GROUP_MEMBERS, group?.id ?? "", { memberIds: members });
  expect(all.kinds()).toEqual(["outsider touched"]);

  const own = all.bitwarden.admin.addGroup({ name: "Own" });
  all.arrives("DELETE /public/groups/{id}", own.id);
  expect(all.kinds()).toEqual(["outsider touched", "outsider touched"]);
});

test("equal sides differ nowhere; a leaver with access, a missing member and a lost membership do", async () => {
  await using all = await stage();
  expect(all.different()).toEqual([]);

  all.scene.change(all.source, "suspends", [all.person], (options) => all.okta.admin.suspend(all.person, options));
  expect(all.different()).toEqual([expect.stringContaining(`${all.email} keeps access`)]);
  all.bitwarden.admin.revokeMember(all.memberId);
  expect(all.different()).toEqual([]);

  const rest = [...all.bitwarden.state.members.values()].filter(({ externalId }) => externalId !== null);
  const gone = rest.at(-1);
  all.bitwarden.admin.deleteMember(gone?.id ?? "");
  expect(all.different()).toEqual([expect.stringContaining("no member in Bitwarden")]);
  const [group] = all.bitwarden.state.groups.values();
  all.bitwarden.admin.editGroup(group?.id ?? "", { name: "Other" });
  expect(all.different()).toHaveLength(2);
});

test("without a reconciliation only what was acknowledged is owed", async () => {
  await using all = await stage();
  const { told } = all.scene;
  all.scene.change(all.source, "suspends", [all.person], (options) => all.okta.admin.suspend(all.person, options));
  expect(all.different((name) => told.owes(name))).toEqual([]);

  told.acknowledged(all.okta.state.logs.map(({ uuid }) => uuid));
  expect(all.different((name) => told.owes(name))).toEqual([expect.stringContaining("keeps access")]);
});

test("a restoration of somebody revoked by hand is found, one of our own revocation is not", async () => {
  await using all = await stage();
  const { bitwarden, scene, memberId } = all;
  bitwarden.admin.revokeMember(memberId);
  all.arrives("POST /public/members/{id}/restore", memberId);
  expect(all.kinds()).toEqual([]);

  scene.hands.revokedAt.set(memberId, performance.now());
  all.arrives("POST /public/members/{id}/restore", memberId);
  expect(all.kinds()).toEqual(["restored by us, revoked by hand"]);
});
