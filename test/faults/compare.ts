import { REVOKED, shownEmail } from "../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { OktaEmulator } from "../fakes/okta/server.ts";
import { isActive } from "./changes.ts";

/**
 * Where Bitwarden is not what the directory says, in words; empty when they are equal. Memberships of
 * people who are not active are frozen, so they are not compared.
 */
export function differences(okta: OktaEmulator, bitwarden: FakeBitwarden): string[] {
  const subjects = new Set<string>();
  const { users, groups, members } = okta.state;
  for (const id of users.keys()) subjects.add(`user/${id}`);
  for (const group of groups.keys()) {
    subjects.add(`group/${group}`);
    for (const user of members.usersOf(group)) subjects.add(`edge/${user}/${group}`);
  }
  const { state: world } = bitwarden;
  for (const { externalId } of world.members.values()) if (externalId !== null) subjects.add(`user/${externalId}`);
  for (const [groupId, memberIds] of world.groupMembers) {
    const group = world.groups.get(groupId)?.externalId ?? "";
    subjects.add(`group/${group}`);
    for (const id of memberIds) subjects.add(`edge/${world.members.get(id)?.externalId ?? id}/${group}`);
  }
  return [...subjects].flatMap((subject) => difference(subject, okta, bitwarden) ?? []);
}

/** Where Bitwarden is not what the directory says about one subject, or null. */
export function difference(subject: string, okta: OktaEmulator, bitwarden: FakeBitwarden): string | null {
  const [kind = "", key = "", group = ""] = subject.split("/");
  const { state: world } = bitwarden;
  if (kind === "group") {
    const wanted = okta.state.groups.get(key)?.profile.name ?? null;
    const found = world.groupsByExternalId.first(key)?.name ?? null;
    return wanted === found ? null : `${subject}: named ${String(wanted)} in Okta, ${String(found)} in Bitwarden`;
  }
  const status = okta.state.users.get(key)?.status;
  const active = status !== undefined && isActive(status);
  const member = world.membersByExternalId.first(key);
  const enabled = member !== undefined && member.status !== REVOKED;
  if (kind === "user") {
    const seen = member === undefined ? "no member" : `status ${String(member.status)}`;
    return active === enabled ? null : `${subject}: ${status ?? "gone"} in Okta, ${seen} in Bitwarden`;
  }
  if (!active || !enabled || !okta.state.groups.has(group)) return null;
  const wanted = okta.state.members.has(group, key);
  const groupId = world.groupsByExternalId.first(group)?.id;
  const found = groupId !== undefined && world.groupMembers.get(groupId)?.has(member.id) === true;
  return wanted === found ? null : `${subject}: ${wanted ? "in" : "not in"} the group in Okta, not so in Bitwarden`;
}

/** Everything that exists twice and must exist once. */
export function twice({ state: world }: FakeBitwarden): string[] {
  const members = [...world.members.values()];
  const named: [string, (string | null)[]][] = [
    ["invitations to", world.outbox.filter(({ kind }) => kind === "invite").map(({ to }) => to)],
    ["members with the e-mail", members.map((member) => shownEmail(member).toLowerCase())],
    ["members with the external id", members.map(({ externalId }) => externalId)],
    ["groups with the external id", [...world.groups.values()].map(({ externalId }) => externalId)],
  ];
  return named.flatMap(([what, values]) =>
    [...Map.groupBy(values, (value) => value ?? "")]
      .filter(([value, all]) => value !== "" && all.length > 1)
      .map(([value, all]) => `${String(all.length)} ${what} ${value}`),
  );
}
