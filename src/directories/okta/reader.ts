/** The questions the bridge asks Okta, as typed functions over one connection. */
import type { Ask } from "./calls.ts";
import type { OktaConnection, Page } from "./connection.ts";
import { incomplete } from "./errors.ts";
import { groupSchema, userSchema, type OktaGroup, type OktaUser } from "./records.ts";

/** Ids per membership question; keeps the URL under about 2 kB. */
const IDS_PER_QUESTION = 30;

type Pages<T> = AsyncGenerator<Page<T>, void, undefined>;

export interface OktaReader {
  me(ask: Ask): Promise<OktaUser>;
  user(id: string, ask: Ask): Promise<OktaUser>;
  group(id: string, ask: Ask): Promise<OktaGroup>;
  /** Without a query Okta leaves out DEPROVISIONED users, with one it does not. */
  users(query: string | null, ask: Ask, limit?: number): Pages<OktaUser>;
  groups(query: string | null, ask: Ask, limit?: number): Pages<OktaGroup>;
  membersOf(groupId: string, ask: Ask): Pages<OktaUser>;
  groupsOf(userId: string, ask: Ask): Promise<OktaGroup[]>;
  /** Whether the user is matched by the query now; true when there is none. */
  userMatches(query: string | null, id: string, ask: Ask): Promise<boolean>;
  /** Whether at least one of the groups is matched by the query; true when there is none and ids are given. */
  anyGroupMatches(query: string | null, ids: string[], ask: Ask): Promise<boolean>;
}

export function createReader(connection: OktaConnection, pageSize: number): OktaReader {
  const withQuery = (query: string | null): { filter?: string } => (query === null ? {} : { filter: query });
  const reader: OktaReader = {
    me: (ask) => connection.one(ask, userSchema, (okta) => okta.userApi.getUser({ userId: "me" })),
    user: (id, ask) => connection.one(ask, userSchema, (okta) => okta.userApi.getUser({ userId: id })),
    group: (id, ask) => connection.one(ask, groupSchema, (okta) => okta.groupApi.getGroup({ groupId: id })),
    users: (query, ask, limit = pageSize) =>
      connection.pages(ask, userSchema, (okta) => okta.userApi.listUsers({ limit, ...withQuery(query) })),
    groups: (query, ask, limit = pageSize) =>
      connection.pages(ask, groupSchema, (okta) => okta.groupApi.listGroups({ limit, ...withQuery(query) })),
    membersOf: (groupId, ask) =>
      connection.pages(ask, userSchema, (okta) => okta.groupApi.listGroupUsers({ groupId, limit: pageSize })),
    groupsOf: (userId, ask) =>
      collect(
        connection.pages(ask, groupSchema, (okta) => okta.userApi.listUserGroups({ userId })),
        (id) => {
          throw incomplete(`Okta's answer about group ${id} has an unexpected shape`, ask.subject);
        },
      ),
    async userMatches(query, id, ask) {
      return query === null || (await holds(reader.users(`(${query}) and id eq "${id}"`, ask), [id]));
    },
    async anyGroupMatches(query, ids, ask) {
      if (query === null) return ids.length > 0;
      for (let start = 0; start < ids.length; start += IDS_PER_QUESTION) {
        const some = ids.slice(start, start + IDS_PER_QUESTION);
        const anyOf = some.map((id) => `id eq "${id}"`).join(" or ");
        if (await holds(reader.groups(`(${query}) and (${anyOf})`, ask), some)) return true;
      }
      return false;
    },
  };
  return reader;
}

/** All items of all pages; `onUnreadable` gets the ids of records that cannot be understood. */
export async function collect<T>(pages: Pages<T>, onUnreadable: (id: string) => void): Promise<T[]> {
  const all: T[] = [];
  for await (const { items, unreadable } of pages) {
    all.push(...items);
    for (const id of unreadable) onUnreadable(id);
  }
  return all;
}

/** A record that cannot be understood was still found. */
async function holds(pages: Pages<{ id: string }>, ids: string[]): Promise<boolean> {
  for await (const { items, unreadable } of pages) {
    if ([...items.map(({ id }) => id), ...unreadable].some((id) => ids.includes(id))) return true;
  }
  return false;
}
