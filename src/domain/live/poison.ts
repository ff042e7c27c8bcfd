import type { Group, Member } from "../bitwarden.ts";

/** Two objects that make Bitwarden's import answer 500 until somebody tells them apart. */
export interface Poison {
  /** What the pair is, with names. */
  what: string;
  /** What an administrator does about it. */
  remedy: string;
}

/**
 * Bitwarden builds dictionaries by external id and by e-mail and knows no uniqueness itself, so one pair is enough to
 * fail every import. Its lists show such a pair before an import is sent.
 */
export function poisonOf(members: Member[], groups: Group[]): Poison[] {
  const linked = members.filter((member) => member.externalId !== null);
  const unlinked = members.filter((member) => member.externalId === null && member.email !== "");
  return [
    ...pairs(linked, (member) => member.externalId ?? "").map(([externalId, twins]) => ({
      what: `${String(twins.length)} members carry the external id ${externalId}: ${list(twins.map(nameOfMember))}`,
      remedy: "Clear the external id of all but one of them in Bitwarden, or remove the one that nobody uses.",
    })),
    ...pairs(unlinked, (member) => member.email.toLowerCase()).map(([email, twins]) => ({
      what: `${String(twins.length)} members without external id have the address ${email}`,
      remedy: "Remove all but one of them in Bitwarden; a confirmed one holds the vault access.",
    })),
    ...pairs(
      groups.filter((group) => group.externalId !== null),
      (group) => group.externalId ?? "",
    ).map(([externalId, twins]) => ({
      what: `${String(twins.length)} groups carry the external id ${externalId}: ${list(twins.map((group) => `"${group.name}"`))}`,
      remedy: "Clear the external id of all but one of them in Bitwarden, or delete the one that nobody uses.",
    })),
  ];
}

function pairs<T>(items: T[], key: (item: T) => string): [string, T[]][] {
  return [...Map.groupBy(items, key)].filter(([, twins]) => twins.length > 1);
}

function nameOfMember(member: Member): string {
  return member.email === "" ? `member ${member.id}` : member.email;
}

function list(names: string[]): string {
  const shown = names.slice(0, 5).join(" and ");
  return names.length > 5 ? `${shown} and ${String(names.length - 5)} more` : shown;
}
