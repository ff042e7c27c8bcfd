import type { Edge } from "../../domain/directory.ts";
import type { LdapEntry } from "./wire/decode.ts";
import { canonicalDn, looksLikeDn, withoutUid } from "./wire/dn.ts";
import { incomplete } from "./wire/errors.ts";
import { parseFilter } from "./wire/filter.ts";
import type { Session } from "./wire/session.ts";

const ANYTHING = parseFilter("(objectClass=*)");

/** The direct members of one group: those already identified, and the names nobody is known for (yet). */
export interface Members {
  edges: Set<Edge>;
  /** Canonical DN → DN as the server spells it. */
  openDns: Map<string, string>;
  /** Lower-cased. */
  openUids: Set<string>;
}

/** Who is behind a DN or a uid: users and groups seen so far. */
export class MemberIndex {
  readonly #byDn = new Map<string, Edge>();
  readonly #byUid = new Map<string, Edge>();

  addUser(entry: LdapEntry, key: string): void {
    const canonical = canonicalDn(entry.dn);
    const known = this.#byDn.get(canonical);
    // One object per member, so that someone named by DN and by uid counts once.
    const edge: Edge = known?.kind === "user" ? known : { kind: "user", key };
    this.#byDn.set(canonical, edge);
    for (const uid of entry.attributes.get("uid") ?? []) this.#byUid.set(uid.toLowerCase(), edge);
  }

  addGroup(entry: LdapEntry, key: string): void {
    const canonical = canonicalDn(entry.dn);
    // An entry that is a user in scope stays one, even if it has the class of a group as well.
    if (!this.#byDn.has(canonical)) this.#byDn.set(canonical, { kind: "group", key });
  }

  /** Sorts member values into edges and open names. */
  sort(values: string[], nameAndUid: boolean): Members {
    const members: Members = { edges: new Set(), openDns: new Map(), openUids: new Set() };
    for (const value of values) {
      if (looksLikeDn(value)) {
        const dn = nameAndUid ? withoutUid(value) : value;
        const canonical = canonicalDn(dn);
        const edge = this.#byDn.get(canonical);
        if (edge === undefined) members.openDns.set(canonical, dn);
        else members.edges.add(edge);
      } else {
        const uid = value.toLowerCase();
        const edge = this.#byUid.get(uid);
        if (edge === undefined) members.openUids.add(uid);
        else members.edges.add(edge);
      }
    }
    return members;
  }

  /** Looks the open names up again, after more users or groups were added. */
  resolve(members: Members): void {
    const take = (name: string, index: Map<string, Edge>, open: { delete(name: string): boolean }): void => {
      const edge = index.get(name);
      if (edge === undefined) return;
      members.edges.add(edge);
      open.delete(name);
    };
    for (const name of members.openDns.keys()) take(name, this.#byDn, members.openDns);
    for (const name of members.openUids) take(name, this.#byUid, members.openUids);
  }
}

/**
 * The complete member list of a group entry. AD cuts long lists (`member;range=0-1499`); the rest is
 * fetched slice by slice.
 */
export async function membersOf(
  session: Session,
  index: MemberIndex,
  entry: LdapEntry,
  signal: AbortSignal,
): Promise<Members> {
  const { memberAttribute } = session.layout;
  const values = [...(entry.attributes.get(memberAttribute) ?? [])];
  let slice = rangeOf(entry, memberAttribute);
  while (slice !== null) {
    for (const value of slice.values) values.push(value);
    if (slice.last) break;
    const ask = `${memberAttribute};range=${String(slice.to + 1)}-*`;
    const next = await session.entry(entry.dn, ANYTHING, [ask], signal);
    slice = next === null ? null : rangeOf(next, memberAttribute);
    if (slice === null) {
      throw incomplete(`${entry.dn}: the member list ended in the middle`, "The bridge reads it again.");
    }
  }
  return index.sort(values, memberAttribute === "uniquemember");
}

function rangeOf(entry: LdapEntry, attribute: string): { values: string[]; to: number; last: boolean } | null {
  const prefix = `${attribute};range=`;
  for (const [name, values] of entry.attributes) {
    if (!name.startsWith(prefix)) continue;
    const to = name.slice(prefix.length).split("-")[1] ?? "*";
    return { values, to: Number(to), last: to === "*" };
  }
  return null;
}
