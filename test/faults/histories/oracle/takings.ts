import { z } from "zod";
import type { HistoryEntry } from "../../../fakes/bitwarden/history.ts";
import { REVOKED, shownEmail, type Member } from "../../../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../../../fakes/bitwarden/server.ts";

/** What one request takes away from Bitwarden as it is when the request arrives. */
export type Taking =
  | { what: "member"; memberId: string }
  | { what: "membership"; memberId: string; groupId: string }
  | { what: "group"; groupId: string };

const memberIds = z.object({ memberIds: z.array(z.string()).nullish() });
const groupIds = z.object({ groupIds: z.array(z.string()).nullish() });
const memberEdit = z.object({ groups: z.array(z.string()).nullish() });
const imported = z.object({
  overwriteExisting: z.boolean().nullish(),
  members: z.array(z.object({ email: z.string().nullish(), externalId: z.string(), deleted: z.boolean().nullish() })),
  groups: z.array(z.object({ externalId: z.string(), memberExternalIds: z.array(z.string()).nullish() })),
});

/**
 * Everything that the request takes away if it is carried out, also when a fault keeps it from that: whoever sent
 * it wanted it. A body that is not understood takes nothing: the emulator refuses it.
 */
export function takings({ state: world }: FakeBitwarden, { route, path, body }: HistoryEntry): Taking[] {
  const id = path.split("/")[4] ?? "";
  switch (route) {
    case "POST /public/members/{id}/revoke": {
      const member = world.members.get(id);
      return member && member.status !== REVOKED ? [{ what: "member", memberId: id }] : [];
    }
    case "DELETE /public/members/{id}":
      return world.members.has(id) ? [{ what: "member", memberId: id }] : [];
    case "DELETE /public/groups/{id}":
      return world.groups.has(id) ? [{ what: "group", groupId: id }] : [];
    case "PUT /public/groups/{id}/member-ids": {
      const { data } = memberIds.safeParse(body);
      return data ? lostByGroup(world, id, new Set(data.memberIds ?? [])) : [];
    }
    case "PUT /public/members/{id}/group-ids": {
      const kept = groupIds.safeParse(body).data?.groupIds;
      return kept ? lostByMember(world, id, new Set(kept)) : [];
    }
    case "PUT /public/members/{id}": {
      const kept = memberEdit.safeParse(body).data?.groups;
      return kept ? lostByMember(world, id, new Set(kept)) : [];
    }
    case "POST /public/organization/import":
      return lostByImport(world, body);
    default:
      return [];
  }
}

type World = FakeBitwarden["state"];

function lostByGroup(world: World, groupId: string, kept: Set<string>): Taking[] {
  return [...(world.groupMembers.get(groupId) ?? [])]
    .filter((memberId) => !kept.has(memberId))
    .map((memberId) => ({ what: "membership", memberId, groupId }));
}

function lostByMember(world: World, memberId: string, kept: Set<string>): Taking[] {
  return [...(world.memberGroups.get(memberId) ?? [])]
    .filter((groupId) => !kept.has(groupId))
    .map((groupId) => ({ what: "membership", memberId, groupId }));
}

/** An import removes whom it marks deleted, replaces the members of the groups it names, and may remove the unlisted. */
function lostByImport(world: World, body: unknown): Taking[] {
  const { data } = imported.safeParse(body);
  if (!data) return [];
  const listed = data.members.filter(({ deleted }) => deleted !== true);
  const idOf = new Map(listed.map(({ email, externalId }) => [email ?? "", externalId]));
  const nameOf = (member: Member): string => member.externalId ?? idOf.get(shownEmail(member)) ?? "";
  const names = new Set(listed.map(({ externalId }) => externalId));
  const deleted = new Set(data.members.map(({ externalId }) => externalId).filter((one) => !names.has(one)));
  const takes: Taking[] = [...world.members.values()]
    .filter(({ externalId }) => externalId !== null)
    .filter(
      ({ externalId }) =>
        deleted.has(externalId ?? "") || (data.overwriteExisting === true && !names.has(externalId ?? "")),
    )
    .map(({ id }) => ({ what: "member", memberId: id }));
  for (const { externalId, memberExternalIds } of data.groups) {
    const group = world.groupsByExternalId.first(externalId);
    if (!group) continue;
    const kept = new Set(memberExternalIds);
    const current = [...(world.groupMembers.get(group.id) ?? [])].flatMap((id) => world.members.get(id) ?? []);
    const lost = current.filter((member) => !kept.has(nameOf(member)));
    takes.push(...lost.map(({ id }) => ({ what: "membership" as const, memberId: id, groupId: group.id })));
  }
  return takes;
}
