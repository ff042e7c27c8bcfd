import type { OktaGroup, OktaUser } from "./types.ts";

export function renderUser(user: OktaUser, baseUrl: string): object {
  return {
    ...user,
    credentials: { provider: { type: "OKTA", name: "OKTA" } },
    _links: { self: { href: `${baseUrl}/api/v1/users/${user.id}` } },
  };
}

export function renderGroup(group: OktaGroup, baseUrl: string): object {
  const self = `${baseUrl}/api/v1/groups/${group.id}`;
  return {
    ...group,
    _links: { self: { href: self }, users: { href: `${self}/users` }, apps: { href: `${self}/apps` } },
  };
}
