import { createHash } from "node:crypto";

/** The same options always give the same company: names, DNs, ids, memberships. */
export interface CompanyOptions {
  users: number;
  groups: number;
  seed: number;
  nested: boolean;
  base: string;
}

export interface Person {
  dn: string;
  uuid: string;
  uid: string;
  cn: string;
  given: string;
  sn: string;
  mail: string | undefined;
  type: "staff" | "inactive";
  department: string;
  memberOf: string[];
}

export interface NamedGroup {
  dn: string;
  uuid: string;
  cn: string;
  /** DNs, spelled with `\,` where an entry's own name has `\2C`. */
  members: string[];
  memberOf: string[];
}

export interface PosixGroup {
  dn: string;
  uuid: string;
  cn: string;
  gid: number;
  uids: string[];
}

export interface Company {
  people: Person[];
  groups: NamedGroup[];
  posix: PosixGroup[];
  /** The entryUUID of any other entry, by its name in the company. */
  uuidOf(what: string): string;
}

const FIRST =
  "Ada Björn Chloé Dmitri Esra Fatima Giulia Hana Ívar Jörg Kenji Łucja Maya Noor Olu Priya Quinn Renée Søren Tariq Uma Vera Wim Xin Yusuf Zoë".split(
    " ",
  );
const LAST =
  "Abara Bianchi Çelik Dubois Eriksson Fischer García Hoang Ito Jansen Kowalska Lindqvist Müller Nowak O'Neill Petrov Quispe Rossi Schmidt Tanaka Ueda Visser Weiß Xu Yılmaz Zhang".split(
    " ",
  );
const DEPARTMENTS = "Engineering Finance Legal Marketing Operations People Research Sales Security Support".split(" ");

/**
 * People (every 97th with a comma in its RDN, every 101st without mail), groups (the first holds
 * everybody; nested ones include a cycle of groups 2 and 3) and one posixGroup for every ten groups.
 */
export function makeCompany(options: CompanyOptions): Company {
  const below = generator(options.seed);
  const uuidOf = (what: string): string => uuid(`${String(options.seed)}/${what}`);
  const people: Person[] = [];
  for (let i = 1; i <= options.users; i++) people.push(person(i, options.base, below, uuidOf));
  const groups = makeGroups(options, people, below, uuidOf);
  const byDn = new Map<string, Person | NamedGroup>([...people, ...groups].map((entry) => [entry.dn, entry]));
  for (const group of groups) for (const dn of group.members) byDn.get(dn)?.memberOf.push(group.dn);
  const posix: PosixGroup[] = [];
  for (let g = 1; g <= Math.floor(options.groups / 10); g++) {
    const uids = sample(people, Math.min(options.users, 20), below).map(({ uid }) => uid);
    const cn = `posix-${String(g)}`;
    posix.push({
      cn,
      dn: `cn=${cn},ou=posix,${options.base}`,
      uuid: uuidOf(`posix/${String(g)}`),
      gid: 20000 + g,
      uids,
    });
  }
  return { people, groups, posix, uuidOf };
}

function person(i: number, base: string, below: (n: number) => number, uuidOf: (what: string) => string): Person {
  const given = pick(FIRST, below);
  const sn = pick(LAST, below);
  const uid = `user${String(i).padStart(6, "0")}`;
  const oddRdn = i % 97 === 0;
  const cn = oddRdn ? `${sn}, ${given} (${String(i)})` : `${given} ${sn} ${String(i)}`;
  return {
    uid,
    given,
    sn,
    cn,
    dn: oddRdn ? `cn=${cn.replace(/,/g, "\\,")},ou=people,${base}` : `uid=${uid},ou=people,${base}`,
    uuid: uuidOf(`user/${uid}`),
    mail: i % 101 === 0 ? undefined : `${uid}@example.test`,
    type: i % 20 === 0 ? "inactive" : "staff",
    department: pick(DEPARTMENTS, below),
    memberOf: [],
  };
}

function makeGroups(
  { users, groups: count, nested, base }: CompanyOptions,
  people: Person[],
  below: (n: number) => number,
  uuidOf: (what: string) => string,
): NamedGroup[] {
  const groups: NamedGroup[] = [];
  for (let g = 1; g <= count; g++) {
    const cn = g === 1 ? "everyone" : `group-${String(g).padStart(5, "0")}`;
    const size = g === 1 ? users : Math.min(users, 1 + below(g % 25 === 0 ? 2000 : 60));
    const members = g === 1 ? people : sample(people, size, below);
    const dns = members.map(({ dn }) => dn);
    groups.push({ cn, dn: `cn=${cn},ou=groups,${base}`, uuid: uuidOf(`group/${cn}`), members: dns, memberOf: [] });
  }
  if (!nested || count < 4) return groups;
  const nest = (outer: number, inner: number): void => {
    const [parent, child] = [groups[outer], groups[inner]];
    if (parent !== undefined && child !== undefined) parent.members.push(child.dn);
  };
  for (let g = 4; g < count; g += 4) nest(g, 1 + below(g - 1));
  nest(1, 2);
  nest(2, 1);
  return groups;
}

function sample(people: Person[], size: number, below: (n: number) => number): Person[] {
  const chosen = new Set<Person>();
  while (chosen.size < size) chosen.add(pick(people, below));
  return [...chosen];
}

function pick<T>(items: T[], below: (n: number) => number): T {
  const item = items[below(items.length)];
  if (item === undefined) throw new RangeError("nothing to choose from");
  return item;
}

/** xorshift32: small and good enough to shuffle made-up people. */
function generator(seed: number): (n: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (n) => {
    state = (state ^ (state << 13)) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % n;
  };
}

function uuid(what: string): string {
  const hash = createHash("sha1").update(what).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
