import { REVOKED, USER, type Member } from "../../../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../../../fakes/bitwarden/server.ts";
import type { Hands } from "../hands.ts";
import type { Account, People } from "./people.ts";
import type { Source } from "./source.ts";
import { fact, type Truth } from "./truth.ts";

export interface CompareParts {
  sources: readonly Source[];
  bitwarden: FakeBitwarden;
  people: People;
  truth: Truth;
  hands: Hands;
  /** Groups that leave the directory are deleted in Bitwarden; otherwise they may stay. */
  deletesGroups: boolean;
}

export interface Difference {
  text: string;
  /** Whom and what it concerns. */
  about: string[];
}

/**
 * Where Bitwarden is not what the directories say. What is left as it is on purpose is not compared: people whom
 * an administrator revoked or removed by hand, who are more than plain users and left, whom an administrator invited after they had left, groups deleted by hand,
 * memberships of people without access, and groups that left where the configuration keeps them.
 * @param owed only differences of facts that this accepts, and of nothing that an administrator touched
 */
export function differences(parts: CompareParts, owed?: (name: string) => boolean): Difference[] {
  const members = Map.groupBy(parts.bitwarden.state.members.values(), (member) => parts.people.of(member) ?? "");
  const found: Difference[] = [];
  for (const person of parts.people.names()) {
    if (owed && parts.hands.touched.has(person)) continue;
    const mine = members.get(person) ?? [];
    found.push(...ofPerson(parts, person, mine, owed));
    const [member] = mine;
    if (member && isEnabled(member)) found.push(...ofMemberships(parts, person, member, owed));
  }
  return [...found, ...ofGroups(parts, owed)];
}

function isEnabled({ status }: Member): boolean {
  return status !== REVOKED;
}

/** Whether somebody claims the person and no authoritative directory says disabled; null: not decided by the rules. */
function isEntitled({ truth }: CompareParts, accounts: readonly Account[]): boolean | null {
  const claimed = accounts.some(({ source, user }) => truth.holds(fact.claim(source.name, user)));
  if (!claimed) return false;
  for (const { source, user } of accounts.filter((one) => one.source.authoritative)) {
    if (truth.holds(fact.disabled(source.name, user))) return false;
    // Deleted where the word is final: whether that is "disabled" is not said.
    if (!truth.holds(fact.claim(source.name, user))) return null;
  }
  return true;
}

function ofPerson(
  parts: CompareParts,
  person: string,
  mine: readonly Member[],
  owed?: (name: string) => boolean,
): Difference[] {
  const { people, hands } = parts;
  const accounts = people.accounts(person);
  const facts = accounts.flatMap(({ source, user }) => [
    fact.claim(source.name, user),
    fact.disabled(source.name, user),
  ]);
  if (owed && !facts.every(owed)) return [];
  const entitled = isEntitled(parts, accounts);
  if (entitled === null || mine.some(({ type }) => type !== USER)) return [];
  const about = [person, ...accounts.map(({ user }) => user), ...mine.map(({ id }) => id)];
  if (mine.length > 1) return [{ about, text: `${person} is ${String(mine.length)} members of Bitwarden` }];
  const [member] = mine;
  const says = accounts
    .map(({ source, user }) => `${source.name} says ${source.okta.state.users.get(user)?.status ?? "gone"}`)
    .join(", ");
  if (!entitled) {
    if (!member || !isEnabled(member)) return [];
    // Invited by hand after they had left: nobody manages them, and the bridge only says so.
    if (hands.reinvited.has(person) && member.externalId === null) return [];
    return [
      { about, text: `${person} keeps access: ${says}, in scope or not; Bitwarden says ${String(member.status)}` },
    ];
  }
  if (hands.removed.has(person) || (member && hands.holdsRevoked(member))) return [];
  if (!member) return [{ about, text: `${person} has no access: ${says}, no member in Bitwarden` }];
  if (!isEnabled(member)) return [{ about, text: `${person} has no access: ${says}, revoked in Bitwarden` }];
  if (!owed && member.externalId === null) return [{ about, text: `${person} is not linked` }];
  return [];
}

function ofMemberships(
  parts: CompareParts,
  person: string,
  member: Member,
  owed?: (name: string) => boolean,
): Difference[] {
  const { people, truth, bitwarden, hands } = parts;
  const found: Difference[] = [];
  const mine = bitwarden.state.memberGroups.get(member.id) ?? new Set<string>();
  for (const { source, user } of people.accounts(person)) {
    const claim = fact.claim(source.name, user);
    if (!truth.holds(claim) || isEntitled(parts, people.accounts(person)) !== true) continue;
    for (const [key, group] of groupsOf(parts, source)) {
      const edge = fact.edge(source.name, user, key);
      if (owed && !(owed(edge) && owed(claim) && owed(fact.group(source.name, key)))) continue;
      if (owed && hands.touched.has(key)) continue;
      const wanted = truth.holds(edge);
      if (wanted === mine.has(group.id)) continue;
      const about = [person, user, member.id, key, group.id];
      found.push({ about, text: `${person} is ${wanted ? "missing from" : "still in"} group ${group.name}` });
    }
  }
  return found;
}

/** Bitwarden's groups that stand for a group of this directory which takes part now. */
function groupsOf({ bitwarden, truth }: CompareParts, source: Source): [string, { id: string; name: string }][] {
  return [...bitwarden.state.groups.values()].flatMap((group) => {
    const key = group.externalId ?? "";
    return truth.holds(fact.group(source.name, key)) ? [[key, group]] : [];
  });
}

function ofGroups({ sources, bitwarden, truth, hands, deletesGroups }: CompareParts, owed?: (name: string) => boolean) {
  const found: Difference[] = [];
  for (const { name, okta } of sources) {
    for (const one of truth.facts().filter((text) => text.startsWith(`group/${name}/`))) {
      const key = one.split("/")[2] ?? "";
      if (hands.deletedGroups.has(key) || (owed && (hands.touched.has(key) || !owed(one)))) continue;
      const group = bitwarden.state.groupsByExternalId.first(key);
      const wanted = okta.state.groups.get(key)?.profile.name;
      const about = [key, group?.id ?? key];
      if (truth.holds(one) && group?.name !== wanted)
        found.push({ about, text: `group ${wanted ?? key} is ${group ? `named ${group.name}` : "not there"}` });
      if (!truth.holds(one) && group && deletesGroups)
        found.push({ about, text: `group ${group.name} is still there` });
    }
  }
  return found;
}
