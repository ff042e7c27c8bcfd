import { REVOKED, type Member } from "../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { Truth } from "./truth.ts";

interface Moment {
  at: number;
  holds: boolean;
}

/**
 * Every change of access in Bitwarden, as it happened inside the server: not what was asked for or
 * answered, but what had an effect. Subjects are named as in the directory.
 */
export class Watch {
  readonly #series = new Map<string, Moment[]>();
  /** Members that were removed; nothing here may ever do that. */
  readonly removed: string[] = [];

  constructor({ state: world }: FakeBitwarden) {
    const addMember = world.addMember.bind(world);
    world.addMember = (facts) => {
      const member = addMember(facts);
      this.#note(`user/${nameOf(member)}`, true);
      return member;
    };
    const changeMember = world.changeMember.bind(world);
    world.changeMember = (member, patch) => {
      const before = member.status;
      changeMember(member, patch);
      if ((before === REVOKED) !== (member.status === REVOKED))
        this.#note(`user/${nameOf(member)}`, member.status !== REVOKED);
    };
    const removeMember = world.removeMember.bind(world);
    world.removeMember = (member) => {
      this.removed.push(nameOf(member));
      removeMember(member);
    };
    const removeGroup = world.removeGroup.bind(world);
    world.removeGroup = (group) => {
      this.#note(`group/${group.externalId ?? group.name}`, false);
      removeGroup(group);
    };
    this.#watchLinks(world);
  }

  /** What no state of the directory's history justifies, in words. */
  unexplained(truth: Truth): string[] {
    const found = this.removed.map((name) => `member ${name} was removed from Bitwarden`);
    for (const [subject, series] of this.#series) {
      const change = truth.unexplained(subject, series);
      if (change === null) continue;
      const at = series.indexOf(change) + 1;
      found.push(
        `${subject}: ${change.holds ? "given" : "taken"} (change ${String(at)} of ${String(series.length)}) though the directory had not said so by then`,
      );
    }
    return found;
  }

  /** How often access was given and taken, by kind of subject. */
  count(kind: "user" | "edge", holds: boolean): number {
    let count = 0;
    for (const [subject, series] of this.#series) {
      if (subject.startsWith(`${kind}/`)) count += series.filter((moment) => moment.holds === holds).length;
    }
    return count;
  }

  #watchLinks(world: FakeBitwarden["state"]): void {
    const links = (): Set<string> => {
      const all = new Set<string>();
      for (const [groupId, memberIds] of world.groupMembers) {
        const group = world.groups.get(groupId);
        for (const memberId of memberIds) {
          const member = world.members.get(memberId);
          if (group && member) all.add(`edge/${nameOf(member)}/${group.externalId ?? group.name}`);
        }
      }
      return all;
    };
    const compared = (work: () => void): void => {
      const before = links();
      work();
      const after = links();
      for (const edge of after) if (!before.has(edge)) this.#note(edge, true);
      for (const edge of before) if (!after.has(edge)) this.#note(edge, false);
    };
    const setGroupMembers = world.setGroupMembers.bind(world);
    world.setGroupMembers = (groupId, memberIds) => {
      compared(() => {
        setGroupMembers(groupId, memberIds);
      });
    };
    const setMemberGroups = world.setMemberGroups.bind(world);
    world.setMemberGroups = (memberId, groupIds) => {
      compared(() => {
        setMemberGroups(memberId, groupIds);
      });
    };
  }

  #note(subject: string, holds: boolean): void {
    const moment = { at: performance.now(), holds };
    const series = this.#series.get(subject);
    if (series) series.push(moment);
    else this.#series.set(subject, [moment]);
  }
}

function nameOf(member: Member): string {
  return member.externalId ?? member.email ?? member.id;
}
