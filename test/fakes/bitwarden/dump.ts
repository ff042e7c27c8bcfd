import { shownEmail } from "./model.ts";
import type { World } from "./world.ts";

/** Comparable state: no ids, sorted. */
export interface Dump {
  members: { email: string; externalId: string | null; status: number; type: number }[];
  /** `members` holds external ids, or e-mails where there is none. */
  groups: { name: string; externalId: string | null; members: string[] }[];
}

export function dump(world: World): Dump {
  const members = Array.from(world.members.values(), (member) => ({
    email: shownEmail(member),
    externalId: member.externalId,
    status: member.status,
    type: member.type,
  }));
  const groups = Array.from(world.groups.values(), ({ id, name, externalId }) => ({
    name,
    externalId,
    members: Array.from(world.groupMembers.get(id) ?? [], (memberId) => memberName(world, memberId)).sort(compare),
  }));
  return {
    members: members.sort((a, b) => compare(a.email, b.email) || compare(a.externalId ?? "", b.externalId ?? "")),
    groups: groups.sort((a, b) => compare(a.name, b.name) || compare(a.externalId ?? "", b.externalId ?? "")),
  };
}

function memberName(world: World, id: string): string {
  const member = world.members.get(id);
  return member === undefined ? id : (member.externalId ?? shownEmail(member));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
