import { departments, offices, peoples } from "./names.ts";
import { pick } from "./random.ts";
import type { Random } from "./random.ts";
import type { UserProfile, UserStatus } from "./types.ts";

export interface Person {
  status: UserStatus;
  profile: UserProfile;
  /** Names of the groups (beside Everyone) the person starts in. */
  groups: string[];
}

export interface Company {
  groups: string[];
  people: Person[];
}

const allWeights = departments.reduce((sum, department) => sum + department.weight, 0);

/** One seed always makes the same company: `users` people in `groups` groups named after departments, then offices. */
export function generateCompany(random: Random, users: number, groups: number, activeOnly: boolean): Company {
  const groupNames = companyGroups(groups);
  const known = new Set(groupNames);
  const taken = new Set<string>();
  const people = Array.from({ length: users }, () => {
    const department = pickDepartment(random);
    const office = pick(random, offices);
    const wanted = [department.name, `${department.name} ${office}`].filter((name) => known.has(name));
    if (groupNames.length > 0 && random() < 0.15) wanted.push(pick(random, groupNames));
    return {
      status: activeOnly ? "ACTIVE" : pickStatus(random()),
      profile: { ...namedPerson(random, taken), department: department.name, title: pick(random, department.titles) },
      groups: [...new Set(wanted)],
    } satisfies Person;
  });
  return { groups: groupNames, people };
}

function companyGroups(count: number): string[] {
  const names = departments.map((department) => department.name);
  for (const office of offices) names.push(...departments.map((department) => `${department.name} ${office}`));
  while (names.length < count) names.push(`Project ${(names.length + 1).toFixed()}`);
  return names.slice(0, count);
}

function namedPerson(random: Random, taken: Set<string>): UserProfile {
  const people = pick(random, peoples);
  const firstName = pick(random, people.given);
  const lastName = pick(random, people.family);
  const base = `${mailPart(firstName)}.${mailPart(lastName)}`;
  // Only domains reserved by RFC 2606: nothing generated here may ever reach a real mailbox.
  const domain = pick(random, ["example.com", "example.com", "example.com", "example.org", "example.net"]);
  let email = `${base}@${domain}`;
  for (let copy = 2; taken.has(email); copy++) email = `${base}${copy.toFixed()}@${domain}`;
  taken.add(email);
  return { firstName, lastName, login: email, email };
}

const unaccented: Record<string, string> = { ß: "ss", ø: "o", ł: "l", đ: "d", æ: "ae", å: "a" };

function mailPart(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[ßøłđæå]/g, (letter) => unaccented[letter] ?? "")
    .normalize("NFD")
    .replaceAll(/[^a-z-]/g, "");
}

function pickDepartment(random: Random): (typeof departments)[number] {
  let point = random() * allWeights;
  for (const department of departments) {
    point -= department.weight;
    if (point < 0) return department;
  }
  return pick(random, departments);
}

/** The rare statuses appear in every org of some size; about 88 % are plainly active. */
function pickStatus(point: number): UserStatus {
  if (point < 0.88) return "ACTIVE";
  if (point < 0.91) return "DEPROVISIONED";
  if (point < 0.94) return "SUSPENDED";
  if (point < 0.96) return "PROVISIONED";
  if (point < 0.98) return "STAGED";
  return point < 0.99 ? "PASSWORD_EXPIRED" : "LOCKED_OUT";
}
